//! Personal API tokens: shown once, stored as a hash, never more powerful than their person.

use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::{Person, person, store};
use crate::check::Checks;
use crate::secret;
use crate::{
    Cx, Error, Result, Scope, TokenId, Via,
    activity::{self, Act},
};

/// How every token begins, so that scanners for leaked secrets know one.
pub const TOKEN_PREFIX: &str = "ptl_";
const MOST: usize = 100;

/// A token, without its secret.
#[derive(Debug, Clone, Serialize)]
pub struct Token {
    /// Key.
    pub id: TokenId,
    /// What it is for, in its owner's words.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working; never, if none.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// When it stops working; never, if none.
    pub expires_at: Option<Timestamp>,
}

/// Makes a token for the signed-in person. The text is the secret: it is shown now and never again.
pub async fn create_token(cx: &mut Cx<'_>, new: &NewToken) -> Result<(Token, String)> {
    cx.writer()?;
    if new.scope > cx.actor().scope {
        return Err(Error::Forbidden(
            "a token cannot make a more powerful one; make it on your account page".into(),
        ));
    }
    let me = super::me(cx).await?;
    make(cx, &me, new).await
}

/// Makes a token for somebody. Only commands on the server's machine and Portolan itself: an admin who could would be
/// anybody.
pub async fn create_token_for(cx: &mut Cx<'_>, handle: &str, new: &NewToken) -> Result<(Token, String)> {
    if !matches!(cx.actor().via, Via::Cli | Via::System) {
        return Err(Error::Forbidden("tokens are made by their own person, on the account page".into()));
    }
    let person = person::person(cx, handle).await?;
    make(cx, &person, new).await
}

/// The signed-in person's tokens that were not revoked, the newest first; some may have run out.
pub async fn tokens(cx: &mut Cx<'_>) -> Result<Vec<Token>> {
    let me = cx.reader()?;
    store::tokens(cx, me).await
}

/// Revokes one of the signed-in person's tokens; it stops working at once.
pub async fn revoke_token(cx: &mut Cx<'_>, id: TokenId) -> Result<()> {
    cx.writer()?;
    let me = super::me(cx).await?;
    cx.atomically(async |cx| {
        let name = store::revoke_token(cx, me.id, id)
            .await?
            .ok_or_else(|| Error::not_found("token", id.to_string()))?;
        activity::record(cx, Act { note: name, ..Act::new("person.token-revoked", person::subject(&me)) })
            .await
    })
    .await
}

/// Notes that a token is in use, once a minute at most.
pub(super) async fn touch(cx: &mut Cx<'_>, id: TokenId) -> Result<()> {
    let a_minute_ago = cx.now() - 1.minute();
    store::touch_token(cx, id, a_minute_ago).await
}

async fn make(cx: &mut Cx<'_>, person: &Person, new: &NewToken) -> Result<(Token, String)> {
    let mut checks = Checks::default();
    let name = checks.line("name", &new.name, 100);
    if new.expires_at.is_some_and(|e| e <= cx.now()) {
        checks.problem("expires_at", "must lie in the future");
    }
    if new.scope == Scope::Admin && !person.admin {
        checks.problem("scope", format!("cannot be admin: {} is not an admin", person.name));
    }
    if !person.active {
        checks.problem("person", format!("cannot be {}: this person is no longer active", person.name));
    }
    checks.done()?;
    if store::tokens(cx, person.id).await?.len() >= MOST {
        return Err(Error::Conflict(format!("{MOST} tokens are enough for one person; revoke some first")));
    }
    let secret = secret::fresh(TOKEN_PREFIX)?;
    let token = Token {
        id: TokenId::new(),
        name,
        scope: new.scope,
        created_at: cx.now(),
        expires_at: new.expires_at,
        last_used_at: None,
    };
    cx.atomically(async |cx| {
        store::insert_token(cx, person.id, &token, &secret::digest(&secret)).await?;
        let note = format!("{} ({})", token.name, token.scope.as_str());
        activity::record(cx, Act { note, ..Act::new("person.token-made", person::subject(person)) }).await
    })
    .await?;
    Ok((token, secret))
}
