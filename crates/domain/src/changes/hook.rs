//! Addresses that a code host's deployment webhook is pointed at. Made by admins; the secret is shown once.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::store;
use crate::{
    ChangeHookId, Cx, Error, Result,
    activity::{self, Act, Changed},
    sealing::{self, SealingKey},
};

/// Whose webhook it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum HookKind {
    /// GitHub: signs the body (`X-Hub-Signature-256`).
    Github,
    /// GitLab: sends the secret itself (`X-Gitlab-Token`).
    Gitlab,
}

impl HookKind {
    /// The word of it, as in the hook's address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Gitlab => "GitLab",
        }
    }
}

impl std::str::FromStr for HookKind {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "github" => Ok(Self::Github),
            "gitlab" => Ok(Self::Gitlab),
            _ => Err(Error::invalid("kind", "must be github or gitlab")),
        }
    }
}

/// A hook.
#[derive(Debug, Clone, Serialize)]
pub struct Hook {
    /// Key; part of the address.
    pub id: ChangeHookId,
    /// Whose.
    pub kind: HookKind,
    /// What it is called here.
    pub name: String,
    /// Handle of who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it last told something with a right signature.
    pub last_used_at: Option<Timestamp>,
    /// When it was closed.
    pub revoked_at: Option<Timestamp>,
}

impl Hook {
    /// Path of its address, to be put after the portal's public address.
    pub fn path(&self) -> String {
        format!("/api/v1/integrations/{}/{}", self.id, self.kind.as_str())
    }
}

/// A hook just made, with the secret that is shown this once.
#[derive(Debug)]
pub struct NewHook {
    /// The hook.
    pub hook: Hook,
    /// What to enter at the code host.
    pub secret: String,
}

/// An opened secret, for the check of one delivery.
pub struct HookSecret(pub Vec<u8>);

impl std::fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HookSecret(..)")
    }
}

/// Makes a hook and its secret; admins only.
pub async fn create_hook(
    cx: &mut Cx<'_>,
    kind: HookKind,
    name: &str,
    key: Option<&SealingKey>,
) -> Result<NewHook> {
    cx.admin()?;
    let by = cx.reader()?;
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            "name",
            "is needed, with at most 100 characters: which organisation or project it is for",
        ));
    }
    let key = sealing::required(key, "hooks")?;
    let id = ChangeHookId::new();
    let secret = URL_SAFE_NO_PAD.encode(sealing::random()?);
    let sealed = key.seal(secret.as_bytes(), id.0.as_bytes())?;
    cx.atomically(async |cx| {
        store::hook::insert(cx, id, kind, name, &sealed, by).await?;
        let changes = vec![Changed::new("name", serde_json::Value::Null, name)];
        activity::record(
            cx,
            Act { changes, ..Act::new("hook.created", format!("hook:{}/{id}", kind.as_str())) },
        )
        .await
    })
    .await?;
    let hook = store::hook::get(cx, id).await?.ok_or_else(|| Error::not_found("hook", id.to_string()))?;
    Ok(NewHook { hook, secret })
}

/// All hooks, open ones first, newest first; admins only. At most 200.
pub async fn hooks(cx: &mut Cx<'_>) -> Result<Vec<Hook>> {
    cx.admin()?;
    store::hook::all(cx).await
}

/// Closes a hook: what it tells from now on is refused; what it told stays. Admins only.
pub async fn revoke_hook(cx: &mut Cx<'_>, id: ChangeHookId) -> Result<()> {
    cx.admin()?;
    cx.atomically(async |cx| {
        let hook = store::hook::get(cx, id).await?.ok_or_else(|| Error::not_found("hook", id.to_string()))?;
        if hook.revoked_at.is_some() {
            return Ok(());
        }
        store::hook::revoke(cx, id).await?;
        let changes = vec![Changed::new("name", hook.name, serde_json::Value::Null)];
        activity::record(
            cx,
            Act { changes, ..Act::new("hook.revoked", format!("hook:{}/{id}", hook.kind.as_str())) },
        )
        .await
    })
    .await
}

/// The secret a delivery is checked with. Asked before anybody is known: the signature is the credential. A closed
/// hook, one of the other kind and one that never was look the same.
pub async fn secret_of_hook(
    cx: &mut Cx<'_>,
    id: ChangeHookId,
    kind: HookKind,
    key: Option<&SealingKey>,
) -> Result<HookSecret> {
    let sealed =
        store::hook::sealed(cx, id, kind).await?.ok_or_else(|| Error::not_found("hook", id.to_string()))?;
    let secret = sealing::required(key, "hooks")?.open(&sealed, id.0.as_bytes()).ok_or_else(|| {
        Error::Unavailable(
            "the hook's secret was sealed with another key; an admin has to make the hook anew".into(),
        )
    })?;
    Ok(HookSecret(secret))
}

/// Notes that a delivery with a right signature came.
pub async fn hook_used(cx: &mut Cx<'_>, id: ChangeHookId) -> Result<()> {
    store::hook::touch(cx, id).await
}
