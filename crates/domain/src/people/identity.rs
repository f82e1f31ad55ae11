//! Accounts at identity providers. Sign-in through `OpenID` Connect and SCIM will find people by them.

use jiff::Timestamp;
use serde::Serialize;

use super::{Person, person, store};
use crate::check::Checks;
use crate::{
    Cx, IdentityLinkId, Result,
    activity::{self, Act},
};

/// An account at an identity provider that stands for a person.
#[derive(Debug, Clone, Serialize)]
pub struct Identity {
    /// Key.
    pub id: IdentityLinkId,
    /// The provider's issuer URL.
    pub issuer: String,
    /// The account's name there, as the provider makes it: stable and unreadable.
    pub subject: String,
    /// Since when it is linked.
    pub created_at: Timestamp,
}

/// Links an account at an identity provider to a person.
pub async fn link_identity(cx: &mut Cx<'_>, handle: &str, issuer: &str, subject: &str) -> Result<()> {
    cx.admin()?;
    let person = person::person(cx, handle).await?;
    let mut checks = Checks::default();
    let (issuer, subject) = (checks.line("issuer", issuer, 500), checks.line("subject", subject, 255));
    checks.done()?;
    cx.atomically(async |cx| {
        store::insert_identity(cx, person.id, &issuer, &subject).await?;
        activity::record(
            cx,
            Act { note: issuer.clone(), ..Act::new("person.identity-linked", person::subject(&person)) },
        )
        .await
    })
    .await
}

/// The active person whom an account at an identity provider stands for.
pub async fn person_by_identity(cx: &mut Cx<'_>, issuer: &str, subject: &str) -> Result<Option<Person>> {
    cx.admin()?;
    let Some(id) = store::person_by_identity(cx, issuer, subject).await? else { return Ok(None) };
    Ok(store::person_by_id(cx, id).await?.filter(|p| p.active))
}

/// The signed-in person's accounts at identity providers.
pub async fn identities(cx: &mut Cx<'_>) -> Result<Vec<Identity>> {
    let me = cx.reader()?;
    store::identities(cx, me).await
}
