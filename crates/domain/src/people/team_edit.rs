//! Making and editing a team.

use super::{
    Role, Team,
    changed::{Changes, named, refuse_described},
    person::{may_read, meant},
    rights::{require_team, team_rights},
    store,
    team::{subject, team_by_id},
};
use crate::check::Checks;
use crate::{
    Cx, Error, PersonId, Result, TeamId,
    activity::{self, Act, Changed},
};

/// Levels of the tree, more than any organisation has. Rights are looked for as far up as this.
const DEEPEST: usize = 30;

/// A team to be made.
#[derive(Debug, Clone, Default)]
pub struct NewTeam {
    /// Short unique name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it is there for.
    pub purpose: String,
    /// What it is in the organisation; `team` if empty.
    pub kind: String,
    /// Slug of the team above it.
    pub parent: Option<String>,
    /// Its lead: handle, e-mail address, or a name that one person alone has.
    pub lead: Option<String>,
    /// Name of its chat channel.
    pub chat_channel: Option<String>,
    /// Link to its chat channel.
    pub chat_url: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// Which roles it plays.
    pub roles: Vec<Role>,
}

/// What to change of a team; `None` leaves a field as it is, an inner `None` empties it.
#[derive(Debug, Clone, Default)]
pub struct TeamEdit {
    /// Name.
    pub name: Option<String>,
    /// What it is there for.
    pub purpose: Option<String>,
    /// What it is in the organisation.
    pub kind: Option<String>,
    /// Slug of the team above it.
    pub parent: Option<Option<String>>,
    /// Its lead, named as in [`NewTeam`].
    pub lead: Option<Option<String>>,
    /// Name of its chat channel.
    pub chat_channel: Option<Option<String>>,
    /// Link to its chat channel.
    pub chat_url: Option<Option<String>>,
    /// Its e-mail address.
    pub email: Option<Option<String>>,
    /// Its telephone number.
    pub phone: Option<Option<String>>,
    /// Which roles it plays.
    pub roles: Option<Vec<Role>>,
}

/// Makes a team. Admins anywhere; members and leads below their own team.
pub async fn create_team(cx: &mut Cx<'_>, new: NewTeam) -> Result<Team> {
    may_read(cx)?;
    let slug = new.slug.clone();
    let edit = TeamEdit {
        name: Some(new.name),
        purpose: Some(new.purpose),
        kind: Some(if new.kind.trim().is_empty() { "team".into() } else { new.kind }),
        parent: Some(new.parent),
        lead: Some(new.lead),
        chat_channel: Some(new.chat_channel),
        chat_url: Some(new.chat_url),
        email: Some(new.email),
        phone: Some(new.phone),
        roles: Some(new.roles),
    };
    cx.atomically(async |cx| {
        let mut checks = Checks::default();
        let mut blank = blank(cx);
        blank.slug = checks.key("slug", &slug);
        let team = edited(cx, checks, &blank, &edit).await?;
        require_place(cx, team.parent_id).await?;
        store::insert_team(cx, &team).await?;
        activity::record(cx, Act::new("team.created", subject(&team))).await?;
        Ok(team)
    })
    .await
}

/// Edits a team. Its members, its lead, those of the teams above it, and admins may. Moving it takes the same right
/// over the team it goes to.
pub async fn edit_team(cx: &mut Cx<'_>, slug: &str, edit: TeamEdit, version: Option<i64>) -> Result<Team> {
    may_read(cx)?;
    cx.atomically(async |cx| {
        if edit.parent.is_some() {
            store::lock_tree(cx).await?; // two moves at once could close a ring that neither sees
        }
        let before = store::lock_team(cx, slug).await?.ok_or_else(|| Error::not_found("team", slug))?;
        require_team(cx, Some(before.id), &format!("the team {}", before.name)).await?;
        if version.is_some_and(|v| v != before.version) {
            return Err(Error::Stale);
        }
        let after = edited(cx, Checks::default(), &before, &edit).await?;
        if after.parent_id != before.parent_id {
            require_place(cx, after.parent_id).await?;
        }
        let changes = differences(&before, &after);
        if changes.is_empty() {
            return Ok(before);
        }
        let after = Team { version: before.version + 1, updated_at: cx.now(), ..after };
        store::update_team(cx, &after).await?;
        let changes = named(cx, changes).await?;
        activity::record(cx, Act { changes, ..Act::new("team.edited", subject(&after)) }).await?;
        Ok(after)
    })
    .await
}

fn blank(cx: &Cx<'_>) -> Team {
    Team {
        id: TeamId::new(),
        slug: String::new(),
        name: String::new(),
        purpose: String::new(),
        kind: String::new(),
        parent_id: None,
        lead_id: None,
        chat_channel: None,
        chat_url: None,
        email: None,
        phone: None,
        roles: Vec::new(),
        described_by: None,
        described: Vec::new(),
        version: 1,
        created_at: cx.now(),
        updated_at: cx.now(),
    }
}

/// Whether the actor may put a team below this one; at the top, only admins may.
async fn require_place(cx: &mut Cx<'_>, parent: Option<TeamId>) -> Result<()> {
    let Some(parent) = parent else {
        return cx.admin().map_err(|refused| match refused {
            Error::Forbidden(_) if !cx.actor().admin => {
                Error::Forbidden("only an admin may put a team at the top of the organisation; choose a team above it that you belong to, or ask an admin".into())
            }
            other => other,
        });
    };
    if team_rights(cx, parent).await?.edit {
        return Ok(());
    }
    let above = team_by_id(cx, parent).await?;
    require_team(cx, Some(parent), &format!("what lies below the team {}", above.name)).await
}

async fn edited(cx: &mut Cx<'_>, mut checks: Checks, before: &Team, edit: &TeamEdit) -> Result<Team> {
    let mut after = before.clone();
    if let Some(name) = &edit.name {
        after.name = checks.line("name", name, 200);
    }
    if let Some(purpose) = &edit.purpose {
        after.purpose = checks.text("purpose", purpose, 2000);
    }
    if let Some(kind) = &edit.kind {
        after.kind = checks.line("kind", kind, 63).to_lowercase();
    }
    if let Some(channel) = &edit.chat_channel {
        after.chat_channel = checks.optional_line("chat_channel", channel.as_deref(), 200);
    }
    if let Some(link) = &edit.chat_url {
        after.chat_url = checks.link("chat_url", link.as_deref());
    }
    if let Some(email) = &edit.email {
        after.email = checks.email("email", email.as_deref());
    }
    if let Some(phone) = &edit.phone {
        after.phone = checks.optional_line("phone", phone.as_deref(), 50);
    }
    if let Some(roles) = &edit.roles {
        after.roles.clone_from(roles);
        after.roles.sort();
        after.roles.dedup();
    }
    if let Some(parent) = &edit.parent {
        after.parent_id = parent_of(cx, &mut checks, before, parent.as_deref()).await?;
    }
    if let Some(lead) = &edit.lead {
        after.lead_id = lead_of(cx, &mut checks, before, lead.as_deref()).await?;
    }
    refuse_described(
        &mut checks,
        &differences(before, &after),
        before.described_by.as_deref(),
        &before.described,
    );
    checks.done()?;
    Ok(after)
}

async fn parent_of(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    team: &Team,
    slug: Option<&str>,
) -> Result<Option<TeamId>> {
    let Some(slug) = slug.map(str::trim).filter(|s| !s.is_empty()) else { return Ok(None) };
    let Some(parent) = store::team_by_slug(cx, slug).await? else {
        checks.problem("parent", format!("names no team: there is no team {slug:?}"));
        return Ok(None);
    };
    if parent.id == team.id {
        checks.problem("parent", "cannot be the team itself");
        return Ok(None);
    }
    let above = store::ancestors(cx, parent.id).await?;
    if above.iter().any(|a| a.id == team.id) {
        checks.problem(
            "parent",
            format!("cannot be {}: it lies below this team, and a team cannot be above itself", parent.name),
        );
    } else if above.len() >= DEEPEST {
        checks.problem("parent", format!("would put this team more than {DEEPEST} levels deep"));
    }
    Ok(Some(parent.id))
}

async fn lead_of(
    cx: &mut Cx<'_>,
    checks: &mut Checks,
    team: &Team,
    word: Option<&str>,
) -> Result<Option<PersonId>> {
    match meant(cx, checks, "lead", word.unwrap_or_default()).await? {
        Some(p) if !p.active && team.lead_id != Some(p.id) => {
            checks.problem("lead", format!("cannot be {}: this person is no longer active", p.name));
            Ok(None)
        }
        found => Ok(found.map(|p| p.id)),
    }
}

fn differences(before: &Team, after: &Team) -> Vec<Changed> {
    let roles = |t: &Team| t.roles.iter().map(|r| r.as_str()).collect::<Vec<_>>();
    let mut changes = Changes::default();
    changes.compare("name", before.name.as_str(), after.name.as_str());
    changes.compare("purpose", before.purpose.as_str(), after.purpose.as_str());
    changes.compare("kind", before.kind.as_str(), after.kind.as_str());
    changes.compare_keys("parent", before.parent_id, after.parent_id);
    changes.compare_keys("lead", before.lead_id, after.lead_id);
    changes.compare("chat_channel", before.chat_channel.as_deref(), after.chat_channel.as_deref());
    changes.compare("chat_url", before.chat_url.as_deref(), after.chat_url.as_deref());
    changes.compare("email", before.email.as_deref(), after.email.as_deref());
    changes.compare("phone", before.phone.as_deref(), after.phone.as_deref());
    changes.compare("roles", roles(before), roles(after));
    changes.into()
}
