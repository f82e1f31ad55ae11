//! People and teams.

use portolan_domain::{
    MembershipId, Scope,
    people::{
        self, Device, GroupSeed, NewPerson, NewTeam, NewToken, Person, PersonEdit, Team, TeamEdit, UserSeed,
    },
};

use crate::Bed;

/// The password of everybody who has one in a test.
pub const PASSWORD: &str = "correct horse battery";

impl Bed {
    /// Somebody called like their handle.
    ///
    /// # Panics
    /// If the person cannot be made.
    pub async fn person(&self, handle: &str) -> Person {
        let new = NewPerson {
            handle: handle.into(),
            name: capitalised(handle),
            email: format!("{handle}@fairhaven.example"),
            ..NewPerson::default()
        };
        people::create_person(&mut self.as_system().await.cx(), new).await.expect("a new person")
    }

    /// An admin.
    ///
    /// # Panics
    /// If the person cannot be made.
    pub async fn admin(&self, handle: &str) -> Person {
        self.person(handle).await;
        let edit = PersonEdit { admin: Some(true), ..PersonEdit::default() };
        people::edit_person(&mut self.as_system().await.cx(), handle, edit, None).await.expect("an admin")
    }

    /// Somebody who is no longer here.
    ///
    /// # Panics
    /// If the person cannot be made.
    pub async fn gone(&self, handle: &str) -> Person {
        self.person(handle).await;
        let edit = PersonEdit { active: Some(false), ..PersonEdit::default() };
        people::edit_person(&mut self.as_system().await.cx(), handle, edit, None)
            .await
            .expect("an inactive person")
    }

    /// A team at the top.
    ///
    /// # Panics
    /// If the team cannot be made.
    pub async fn team(&self, slug: &str) -> Team {
        let new = NewTeam { slug: slug.into(), name: capitalised(slug), ..NewTeam::default() };
        people::create_team(&mut self.as_system().await.cx(), new).await.expect("a new team")
    }

    /// The team of this slug, made before.
    ///
    /// # Panics
    /// If there is none.
    pub async fn team_named(&self, slug: &str) -> Team {
        people::team(&mut self.as_system().await.cx(), slug).await.expect("a team")
    }

    /// A team below another.
    ///
    /// # Panics
    /// If the team cannot be made.
    pub async fn team_below(&self, slug: &str, parent: &Team) -> Team {
        let new = NewTeam {
            slug: slug.into(),
            name: capitalised(slug),
            parent: Some(parent.slug.clone()),
            ..NewTeam::default()
        };
        people::create_team(&mut self.as_system().await.cx(), new).await.expect("a new team")
    }

    /// Puts a person into a team from now on.
    ///
    /// # Panics
    /// If they are in it already.
    pub async fn join(&self, person: &Person, team: &Team) -> MembershipId {
        people::add_member(&mut self.as_system().await.cx(), &team.slug, &person.handle, None)
            .await
            .expect("a new member")
    }

    /// Makes a person the lead of a team.
    ///
    /// # Panics
    /// If either is gone.
    pub async fn lead(&self, person: &Person, team: &Team) -> Team {
        let edit = TeamEdit { lead: Some(Some(person.handle.clone())), ..TeamEdit::default() };
        people::edit_team(&mut self.as_system().await.cx(), &team.slug, edit, None).await.expect("a lead")
    }

    /// Gives a person [`PASSWORD`].
    ///
    /// # Panics
    /// If they have another one.
    pub async fn with_password(&self, person: &Person) {
        people::set_password(&mut self.as_person(person).await.cx(), "", PASSWORD, None)
            .await
            .expect("a password");
    }

    /// The cookie of a new session of a person.
    ///
    /// # Panics
    /// If the person is gone.
    pub async fn session(&self, person: &Person) -> String {
        let link = people::create_sign_in_link(&mut self.as_system().await.cx(), &person.handle)
            .await
            .expect("a link");
        let device = Device::new("127.0.0.1", "test");
        people::use_sign_in_link(&mut self.as_stranger().await.cx(), &link.secret, &device)
            .await
            .expect("a session")
            .secret
    }

    /// A bearer token of a person.
    ///
    /// # Panics
    /// If the person may not have it.
    pub async fn token(&self, person: &Person, scope: Scope) -> String {
        people::create_token_for(&mut self.as_system().await.cx(), &person.handle, &token(scope))
            .await
            .expect("a token")
            .1
    }
}

/// A token to be made.
pub fn token(scope: Scope) -> NewToken {
    NewToken { name: "pipeline".into(), scope, expires_at: None }
}

/// What a Group descriptor says.
pub fn group(name: &str) -> GroupSeed {
    GroupSeed {
        entity_ref: format!("group:default/{name}"),
        slug: name.into(),
        name: capitalised(name),
        kind: "team".into(),
        ..GroupSeed::default()
    }
}

/// What a User descriptor says.
pub fn user(name: &str) -> UserSeed {
    UserSeed {
        entity_ref: format!("user:default/{name}"),
        handle: name.into(),
        name: capitalised(name),
        ..UserSeed::default()
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
