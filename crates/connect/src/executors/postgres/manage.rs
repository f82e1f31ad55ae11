//! What is done later to a database that the portal made, by actions on the very thing. Others are not touched. None of it can be
//! undone, so it is written down before it is done.

use serde_json::json;

use super::{
    create::{self, MOST_CONNECTIONS, MOST_MB},
    mark,
    name::Name,
    session::{self, Found, Session},
};
use crate::executors::{Attempt, Ended, Failed, input::Input};

/// The server and the name that a step means.
fn meant(attempt: &Attempt) -> Result<(&super::Server, Name), Failed> {
    let input = Input(&attempt.input);
    let (database, user) = (input.needed("database")?, input.text("user")?);
    if user.is_some_and(|user| user != database) {
        return Err(Failed::platform(
            "The step gives a user that is not the one of the database.",
            "A database made here has one user by its own name: its team leaves user away.",
        ));
    }
    Ok((attempt.equipment.postgres(input.text("server")?)?, Name::new(database)?))
}

/// A database and role of ours, held; or why not.
async fn ours(attempt: &Attempt) -> Result<(Session<'_>, Name, Found), Failed> {
    let (server, name) = meant(attempt)?;
    let admin = Session::open(server, None).await?;
    admin.hold(&name).await?;
    let found = admin.find(&name).await?;
    if !found.is_of_request(attempt.job.maker) || found.owner.as_deref() != Some(name.as_str()) {
        return Err(Failed::platform(
            format!("There is no database {} on {} that was made as this.", name.as_str(), server.name),
            "If it was dropped or handed over by hand, retire it in the catalog.",
        ));
    }
    Ok((admin, name, found))
}

/// Whoever is connected stays so; who connects anew needs the new password.
pub(super) async fn rotate(attempt: Attempt) -> Result<Ended, Failed> {
    let (admin, name, _) = ours(&attempt).await?;
    attempt.keep.note(json!({ "rotates": name.as_str() })).await?;
    create::hand_out(&admin, &attempt.log, &name).await
}

pub(super) async fn limits(attempt: Attempt) -> Result<Ended, Failed> {
    let input = Input(&attempt.input);
    let size = input.number("sizeMb", 1, MOST_MB)?;
    let connections = input.number("maxConnections", 1, MOST_CONNECTIONS)?.ok_or_else(|| {
        Failed::platform("The step gives no maxConnections.", "The offering's team corrects the step.")
    })?;
    let (admin, name, found) = ours(&attempt).await?;
    attempt.keep.note(json!({ "limits": name.as_str() })).await?;
    create::limit(&admin, &name, connections).await?;
    attempt.log.say(&format!("{} takes {connections} connections now", name.as_str()));
    let comment = found.comment.as_deref().zip(size).and_then(|(comment, size)| mark::resized(comment, size));
    if let Some(comment) = comment {
        admin.run(&format!("COMMENT ON ROLE {} IS {}", name.quoted(), session::text(&comment))).await?;
    }
    Ok(Ended::done())
}

/// What is gone already is as it should be.
pub(super) async fn drop(attempt: Attempt) -> Result<Ended, Failed> {
    let (server, name) = meant(&attempt)?;
    let admin = Session::open(server, None).await?;
    admin.hold(&name).await?;
    let found = admin.find(&name).await?;
    if !found.role && found.owner.is_none() {
        attempt.log.say(&format!("{} is gone already", name.as_str()));
        return Ok(Ended::done());
    }
    let strange = found.owner.as_deref().is_some_and(|owner| owner != name.as_str());
    if !found.is_of_request(attempt.job.maker) || strange {
        return Err(Failed::platform(
            format!(
                "{} on {} was not made as this, and nothing of others is dropped.",
                name.as_str(),
                server.name
            ),
            "Whoever operates the server drops it, if it is to go.",
        ));
    }
    attempt.keep.note(json!({ "drops": name.as_str() })).await?;
    create::drop_both(&admin, &attempt.log, &name, &found).await?;
    Ok(Ended::done())
}
