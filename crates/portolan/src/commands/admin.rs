//! `portolan admin`: whoever may run commands on the server's machine is its operator.

use anyhow::Result;
use portolan_domain::{
    Actor, Call, Clock, Db, Scope,
    people::{self, NewPerson, NewToken},
};

use super::{link_base, quiet};
use crate::{
    cli::{Admin, AdminPerson, AdminToken, PersonCreate, TokenCreate, TokenScope},
    database::{Beside, Database},
    settings::Settings,
};

/// Runs an admin command.
pub(super) async fn run(command: Admin) -> Result<()> {
    match command {
        Admin::Person(AdminPerson::Create(flags)) => {
            let settings = quiet(&flags.store)?;
            on_database(&settings, async |call| create_person(call, &flags, &settings).await).await
        }
        Admin::Token(AdminToken::Create(flags)) => {
            on_database(&quiet(&flags.store)?, async |call| create_token(call, &flags).await).await
        }
    }
}

/// Does something as the operator, beside a running `serve` or alone.
async fn on_database(settings: &Settings, act: impl AsyncFnOnce(&mut Call) -> Result<()>) -> Result<()> {
    let database = Database::open(settings, Beside::Join).await?;
    let result = async {
        let mut call = Db::new(database.pool.clone()).call(Actor::operator(), Clock::system().now()).await?;
        act(&mut call).await
    };
    let result = result.await;
    database.close().await?;
    result
}

async fn create_person(call: &mut Call, flags: &PersonCreate, settings: &Settings) -> Result<()> {
    let cx = &mut call.cx();
    let new = NewPerson {
        handle: flags.handle.clone(),
        name: flags.name.clone(),
        email: flags.email.clone(),
        admin: flags.admin,
        ..NewPerson::default()
    };
    let person = people::create_person(cx, new).await?;
    let link = people::create_sign_in_link(cx, &person.handle).await?;
    println!("{}/sign-in/{}", link_base(settings), link.secret);
    eprintln!("{} signs in with this link, once, until {:.0}", person.name, link.expires_at);
    Ok(())
}

async fn create_token(call: &mut Call, flags: &TokenCreate) -> Result<()> {
    let scope = match flags.scope {
        TokenScope::Read => Scope::Read,
        TokenScope::Write => Scope::Write,
        TokenScope::Admin => Scope::Admin,
    };
    let new = NewToken { name: flags.name.clone(), scope, expires_at: None };
    let (_, secret) = people::create_token_for(&mut call.cx(), &flags.person, &new).await?;
    println!("{secret}");
    Ok(())
}
