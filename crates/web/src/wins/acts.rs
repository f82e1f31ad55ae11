//! What is pressed on the form of an update. What was typed is kept first, whatever it was.

use axum::{extract::Path, http::StatusCode, response::Response};
use portolan_domain::{
    Cx, Error, Problem, Result as Outcome, UpdateId, WinsEntryId,
    wins::{self, Audience, Sheet, SheetEdit, Update},
};

use super::{
    reading::key,
    sheet,
    write::{On, address, begun, shown},
};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::{Flash, Tone},
    form::{Form, labels},
    words,
};

/// How often what was typed is laid over what others saved in the very same moment.
const TRIES: usize = 3;

/// Keeps what was typed and does what was pressed.
pub(super) async fn act(viewer: Viewer, Path(id): Path<String>, form: Form) -> Result<Response, PageError> {
    acted(viewer, key("update", &id)?, form, On::Sheet).await
}

/// The same beside what was handed to it.
pub(super) async fn act_below(
    viewer: Viewer,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    acted(viewer, key("update", &id)?, form, On::Below).await
}

async fn acted(mut viewer: Viewer, id: UpdateId, form: Form, on: On) -> Result<Response, PageError> {
    let mut sheet = wins::sheet(&mut viewer.cx(), id).await?;
    if !sheet.rights.write {
        // nothing is changed by it: it says whom to ask
        wins::save(&mut viewer.cx(), id, SheetEdit::default()).await?;
    }
    let pressed = form.text("do");
    let (verb, of) = pressed.split_once(':').unwrap_or((&pressed, ""));
    let mut form = sheet::labelled(form, &sheet);
    if verb == "resume" {
        return resumed(&mut viewer, sheet, on, form).await;
    }
    if form.flag("order") {
        let step = of.parse().ok().filter(|_| matches!(verb, "up" | "down")).map(|id| (id, verb == "down"));
        if let Some(status) = unsaved(&mut viewer, &mut sheet, &mut form, step).await? {
            return shown(&mut viewer, sheet, on, form, None, status).await;
        }
    }
    match done(&mut viewer, &sheet, verb, of, &form, on).await {
        Ok((flash, at)) => Ok(flash.on(&at)),
        Err(error) => {
            let now = wins::sheet(&mut viewer.cx(), id).await?;
            let mut again =
                KEPT.iter().fold(begun(&now), |again, name| again.replaced(name, &form.all(name)));
            let (told, status) = told(in_fields_beside(error, verb), &mut again)?;
            shown(&mut viewer, now, on, again, Some(told), status).await
        }
    }
}

/// Takes an update back with what was typed for it too late: both, or neither.
async fn resumed(viewer: &mut Viewer, sheet: Sheet, on: On, mut form: Form) -> Result<Response, PageError> {
    let id = sheet.update.id;
    if form.caught_up(&sheet::form(&sheet)) {
        return shown(viewer, sheet, on, form, None, StatusCode::CONFLICT).await;
    }
    let done = match sheet::read(&form, &sheet, None) {
        Some(edit) => wins::resume(&mut viewer.cx(), id, edit).await,
        None => Err(Error::Conflict("nothing was typed that is not in it".to_owned())),
    };
    match done {
        Ok(_) => Ok(Flash::ok("Taken back.", "What you typed is in it. Hand it up again when it is ready.")
            .on(&on.address(id))),
        Err(error) => {
            let status = form.refuse(sheet::in_fields(error, &form, &sheet))?;
            let now = wins::sheet(&mut viewer.cx(), id).await?;
            shown(viewer, now, on, form, None, status).await
        }
    }
}

/// Keeps what was typed over what stands now, which `sheet` says then. Returns the status with which the form is shown again if it was
/// not kept: what was changed here and by somebody else, or what is wrong with it.
async fn unsaved(
    viewer: &mut Viewer,
    sheet: &mut Sheet,
    form: &mut Form,
    step: Option<(WinsEntryId, bool)>,
) -> Result<Option<StatusCode>, PageError> {
    for _ in 0..TRIES {
        if form.caught_up(&sheet::form(sheet)) {
            return Ok(Some(StatusCode::CONFLICT));
        }
        // the same form sent twice finds all of it there
        let Some(edit) = sheet::read(form, sheet, step) else { return Ok(None) };
        match wins::save(&mut viewer.cx(), sheet.update.id, edit).await {
            Ok(_) => return Ok(None),
            Err(Error::Stale) => *sheet = wins::sheet(&mut viewer.cx(), sheet.update.id).await?,
            Err(error) => return form.refuse(sheet::in_fields(error, form, sheet)).map(Some),
        }
    }
    form.overtaken(&sheet::form(sheet));
    Ok(Some(StatusCode::CONFLICT))
}

/// The same error with the names that the form has for what stands beside the entries.
fn in_fields_beside(error: Error, verb: &str) -> Error {
    let Error::Invalid(problems) = error else { return error };
    let renamed = problems.into_iter().map(|problem| {
        let field = match (verb, problem.field.as_str()) {
            ("delegate", "who") => "delegate",
            ("limits", "wins") => "most_wins",
            ("limits", "challenges") => "most_challenges",
            (_, other) => other,
        };
        Problem { field: field.to_owned(), ..problem }
    });
    Error::Invalid(renamed.collect())
}

/// What a form that was kept shows again though the update does not say it.
const KEPT: [&str; 7] = ["do", "pick", "join", "delegate", "most_wins", "most_challenges", "audience"];

/// Why something was not done, for the top of the page; what is wrong with a field of the form stands there and in the form. What no
/// other press can mend is handed back.
fn told(error: Error, form: &mut Form) -> Result<(String, StatusCode), PageError> {
    match error {
        Error::Invalid(problems) => {
            let (here, elsewhere): (Vec<_>, Vec<_>) = problems.into_iter().partition(|p| form.flag(&p.field));
            let one = |p: &Problem| {
                let (field, place) = labels::split(&p.field);
                format!("{}{place} {}", labels::label("", field), p.message)
            };
            let all: Vec<_> = elsewhere.iter().map(one).collect();
            form.refuse(Error::Invalid(here))?;
            Ok((words::sentence(&all.join("; ")), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Error::Conflict(_) | Error::Stale => Ok((words::sentence(&error.to_string()), StatusCode::CONFLICT)),
        other => Err(other.into()),
    }
}

/// Keys that were ticked.
fn ticked(form: &Form, name: &str) -> Vec<WinsEntryId> {
    form.all(name).iter().filter_map(|id| id.parse().ok()).collect()
}

fn entry_key(text: &str) -> Outcome<WinsEntryId> {
    text.parse().map_err(|_| Error::not_found("entry", text))
}

fn limit(form: &Form, name: &str) -> Outcome<i16> {
    form.text(name).parse().map_err(|_| Error::invalid(name, "must be a whole number"))
}

/// Merges the lines that are ticked into the first of them.
async fn merged(cx: &mut Cx<'_>, sheet: &Sheet, form: &Form, here: &str) -> Outcome<Flash> {
    let joined = ticked(form, "join");
    let order: Vec<_> = sheet::entries(sheet).map(|e| e.id).filter(|e| joined.contains(e)).collect();
    let [into, others @ ..] = order.as_slice() else {
        return Err(Error::Conflict("tick the lines that become one".to_owned()));
    };
    if others.is_empty() {
        return Err(Error::Conflict("tick two lines or more that become one".to_owned()));
    }
    for other in others {
        wins::merge(cx, *into, *other).await?;
    }
    Ok(Flash::ok("Merged.", "The words of both stand in it: shorten them.")
        .link(format!("{here}#e-{into}"), "Rewrite it, or split it again"))
}

/// Says whether the answer of a team is published with the challenge that names it: `of` is `entry:team`.
pub(super) async fn attached(cx: &mut Cx<'_>, verb: &str, of: &str) -> Outcome<Flash> {
    let (entry, team) = of.split_once(':').unwrap_or((of, ""));
    let naming = wins::attach_answer(cx, entry_key(entry)?, team, verb == "attach").await?;
    let answer = if naming.attached {
        "goes with the challenge, and with lines above that have the same answer and are not published"
    } else {
        "is left out, also of lines above that are not published"
    };
    Ok(Flash::ok("Saved.", format!("The answer of {} {answer}.", naming.team.name)))
}

/// Takes in as much of what waits as there is room for, and says what stayed.
async fn all_taken_in(cx: &mut Cx<'_>, id: UpdateId) -> Outcome<Flash> {
    // what was typed just now has its room already
    let sheet = wins::sheet(cx, id).await?;
    let (fits, waits) = (sheet.fitting(), sheet.offered().count());
    let stay = waits - fits.len();
    let update = wins::choose(cx, id, &fits, None).await?;
    let (took, room) = (words::count(fits.len()), room(&update));
    Ok(match stay {
        0 if waits == 0 => Flash::ok("Saved.", "Nothing waits in the team that goes up."),
        0 => Flash::ok("Saved.", format!("{took} taken in.")),
        _ => Flash::new(
            Tone::Warn,
            format!("{took} taken in, {} stayed.", words::count(stay)),
            format!("This update may hand up {room}. Put back what matters least, or raise the limit."),
        ),
    })
}

/// `4 wins and 2 challenges`.
fn room(update: &Update) -> String {
    let wins = words::counted(update.most_wins, "win", "wins");
    format!("{wins} and {}", words::counted(update.most_challenges, "challenge", "challenges"))
}

/// Takes in what is ticked, with whatever is pressed, so that one press ends it. Returns how many.
async fn taken_in(
    cx: &mut Cx<'_>,
    sheet: &Sheet,
    verb: &str,
    of: &str,
    picked: &[WinsEntryId],
    on: On,
) -> Outcome<usize> {
    let id = sheet.update.id;
    let one = if of.is_empty() { None } else { Some(of) };
    let lift = match (verb, one) {
        ("take", Some(one)) => {
            wins::choose(cx, id, &[entry_key(one)?], None).await?;
            return Ok(1);
        }
        ("lift", Some(one)) => return Ok(wins::lift(cx, id, &[entry_key(one)?]).await?.len()),
        ("save" | "take" | "submit" | "lift", _) if !picked.is_empty() => matches!(on, On::Below),
        _ => return Ok(0),
    };
    if lift {
        return Ok(wins::lift(cx, id, picked).await?.len());
    }
    wins::choose(cx, id, picked, None).await?;
    Ok(picked.len())
}

/// Does what was pressed, after what was typed was kept: what is told, and where it leads.
async fn done(
    viewer: &mut Viewer,
    sheet: &Sheet,
    verb: &str,
    of: &str,
    form: &Form,
    on: On,
) -> Outcome<(Flash, String)> {
    let (id, here) = (sheet.update.id, on.address(sheet.update.id));
    let picked = ticked(form, "pick");
    let cx = &mut viewer.cx();
    let taken = taken_in(cx, sheet, verb, of, &picked, on).await?;
    let flash = match verb {
        "take-all" => all_taken_in(cx, id).await?,
        "take" | "lift" if taken == 0 => {
            return Err(Error::Conflict("nothing is ticked: tick what is to be taken in".to_owned()));
        }
        "take" | "lift" => Flash::ok("Saved.", format!("{} taken in.", words::count(taken))),
        "submit" => {
            let update = wins::submit(cx, id, None).await?;
            let to = match (&update.handed_to, wins::stays_up(cx, &update).await?) {
                (None, _) => "It is published by itself on its day, or when you say so.".to_owned(),
                (Some(team), None) => {
                    format!("{} reads it now. You can take it back while nothing was made of it.", team.name)
                }
                (Some(team), Some(_)) => format!(
                    "{} has handed up already: it reads this and chooses no more of it. It is published as yours on the day.",
                    team.name
                ),
            };
            let what = if update.handed_to.is_some() { "Handed up." } else { "Ready to publish." };
            return Ok((Flash::ok(what, to), address(&id)));
        }
        "quiet" | "quiet-back" => {
            let update = wins::quiet(cx, id, None, verb == "quiet-back").await?;
            let is = if update.handed_to.is_some() { "handed up" } else { "ready to publish" };
            let told = format!("It is {is}; what was written waits in the team for the next one.");
            let flash = Flash::ok("A quiet cycle.", told);
            return Ok((flash, address(&id)));
        }
        "recall" => {
            wins::recall(cx, id, None).await?;
            Flash::ok("Taken back.", "Hand it up again when it is ready.")
        }
        "back" => {
            wins::put_back(cx, entry_key(of)?).await?;
            Flash::ok(
                "Put back.",
                "What was made here waits in the team; a line from below can be lifted again.",
            )
        }
        "again" => {
            wins::tell_again(cx, entry_key(of)?, id).await?;
            Flash::ok("It is told again.", "Change its words below if something changed.")
        }
        "use" => {
            let entry = wins::take_proposal(cx, id, of).await?;
            Flash::ok(
                format!("{} added.", entry.kind.label()),
                "It is a draft: nothing is published by itself.",
            )
        }
        "dismiss" => {
            wins::dismiss_proposal(cx, id, of).await?;
            Flash::ok("Not this time.", "It is not proposed again in this cycle.")
        }
        "restore" => {
            wins::restore_proposal(cx, id, of).await?;
            Flash::ok("Proposed again.", "")
        }
        "merge" => merged(cx, sheet, form, &here).await?,
        "split" => {
            let made = wins::split(cx, entry_key(of)?).await?;
            let told = format!(
                "{} stand in its place, in the words of those who handed them up.",
                words::count(made.len())
            );
            Flash::ok("Split again.", told)
        }
        "delegate" => match wins::delegate(cx, id, form.optional("delegate").as_deref()).await?.delegate {
            Some(who) => Flash::ok("Asked.", format!("{} writes this one and is told.", who.name)),
            None => Flash::ok("Saved.", "Nobody else is asked to write this one."),
        },
        "limits" => {
            let (wins_, challenges) = (limit(form, "most_wins")?, limit(form, "most_challenges")?);
            let update = wins::raise_limits(cx, id, wins_, challenges).await?;
            Flash::ok("Saved.", format!("This update may hand up {}.", room(&update)))
        }
        "audience" => {
            let audience: Audience = form.text("audience").parse()?;
            wins::set_audience(cx, id, audience).await?;
            Flash::ok("Saved.", format!("Who reads it: {}.", audience.label()))
        }
        "attach" | "detach" => attached(cx, verb, of).await?,
        _ if taken == 0 => Flash::ok("Saved.", ""),
        _ => Flash::ok("Saved.", format!("{} taken in.", words::count(taken))),
    };
    Ok((flash, here))
}
