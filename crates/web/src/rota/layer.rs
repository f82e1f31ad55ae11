//! A layer of a schedule: who takes turns, in which order, when they hand off.

use askama::Template;
use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::civil::DateTime;
use portolan_domain::{
    Error, LayerId, PersonId, Problem, Result as Outcome,
    people::PersonName,
    rota::{self, Edit, Effective, LayerEdit, LayerRecord, NewLayer, Rotation, Schedule, Unit, Window},
};

use super::{
    choices,
    edit::{Done, act, editable, without_reason},
    names, preview, windows,
};
use crate::{
    caller::Viewer,
    error::PageError,
    flash::Flash,
    form::Form,
    page::{self, Nav, Shell},
};

#[derive(Template)]
#[template(path = "rota/layer.html")]
struct LayerPage {
    shell: Shell,
    schedule: Schedule,
    /// The layer as it is; none for a new one.
    layer: Option<LayerRecord>,
    form: Form,
    participants: Vec<String>,
    people: Vec<PersonName>,
    preview: Option<preview::Told>,
}

impl LayerPage {
    /// The zone of the layer's hand-offs: its own, else the schedule's.
    fn zone(&self) -> &str {
        match self.form.value("time_zone") {
            "" => &self.schedule.time_zone,
            own => own,
        }
    }
}

/// When a layer hands off, as typed.
pub(super) struct Turns {
    pub(super) hand_off: DateTime,
    pub(super) every: u32,
    pub(super) unit: Unit,
    pub(super) only_active_days: bool,
}

/// Both results, or the problems of both.
pub(super) fn both<A, B>(first: Outcome<A>, second: Outcome<B>) -> Outcome<(A, B)> {
    match (first, second) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(Error::Invalid(mut a)), Err(Error::Invalid(b))) => {
            a.extend(b);
            Err(Error::Invalid(a))
        }
        (Err(e), _) | (_, Err(e)) => Err(e),
    }
}

pub(super) fn read_turns(form: &Form) -> Outcome<Turns> {
    let mut problems = Vec::new();
    let mut wrong = |field: &str, message: &str| {
        problems.push(Problem { field: field.into(), message: message.into() });
    };
    let hand_off = form.text("hand_off").parse::<DateTime>().ok();
    if hand_off.is_none() {
        wrong("hand_off", "must be a day and a time like 2026-11-23T09:00");
    }
    let every = form.text("every").parse::<u32>().ok();
    if every.is_none() {
        wrong("every", "must be a number");
    }
    let unit = form.text("unit").parse::<Unit>();
    let (Some(hand_off), Some(every)) = (hand_off, every) else { return Err(Error::Invalid(problems)) };
    let only_active_days = form.is("only_active_days", "yes");
    Ok(Turns { hand_off, every, unit: unit?, only_active_days })
}

/// Who is named, without the lines that were left empty.
pub(super) fn participants(form: &Form) -> Vec<String> {
    form.all("participants").iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

/// The lines of the form: who is named, and one to name somebody more.
pub(super) fn rows(form: &Form) -> Vec<String> {
    participants(form).into_iter().chain([String::new()]).collect()
}

/// The form with its participants in another order, if one of those buttons was pressed: `up:2`, `down:0`, `remove:1`,
/// `more`.
pub(super) fn rearranged(form: &Form) -> Option<Form> {
    let act = form.text("act");
    let (what, place) = act.split_once(':').unwrap_or((&act, "0"));
    let mut named = participants(form);
    let at: usize = place.parse().ok()?;
    match what {
        "up" if at > 0 && at < named.len() => named.swap(at, at - 1),
        "down" if at + 1 < named.len() => named.swap(at, at + 1),
        "remove" if at < named.len() => drop(named.remove(at)),
        "up" | "down" | "remove" | "more" => {}
        _ => return None,
    }
    Some(form.replaced("participants", &named))
}

fn restrictions(form: &Form) -> Outcome<Vec<Window>> {
    windows::read("restrictions", form.value("restrictions"))
}

fn ends(form: &Form) -> Outcome<Option<DateTime>> {
    let typed = form.optional("ends").map(|text| text.parse::<DateTime>());
    typed.transpose().map_err(|_| Error::invalid("ends", "must be a day and a time like 2026-11-23T09:00"))
}

fn priority(form: &Form) -> Outcome<i32> {
    form.text("priority").parse().map_err(|_| Error::invalid("priority", "must be a whole number"))
}

pub(super) async fn blank(mut viewer: Viewer, Path(slug): Path<String>) -> Result<Response, PageError> {
    let schedule = editable(&mut viewer, &slug).await?;
    let layers = rota::layers(&mut viewer.cx(), schedule.id).await?;
    let highest = layers.iter().map(|layer| layer.priority).max().unwrap_or(0);
    let anchor = layers.first().and_then(|l| l.rotations.first()).map(|(_, r)| r.anchor);
    let form = Form::blank()
        .with("version", schedule.version)
        .with("priority", highest + 1)
        .with("every", 1)
        .with("unit", "weeks")
        .with_optional("hand_off", anchor.map(|at| at.strftime("%Y-%m-%dT%H:%M").to_string()));
    show(viewer, schedule, None, form, None, StatusCode::OK).await
}

async fn show(
    mut viewer: Viewer,
    schedule: Schedule,
    layer: Option<LayerRecord>,
    form: Form,
    preview: Option<preview::Told>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let people = choices(&mut viewer).await?;
    let shell = viewer.shell(Nav::OnCall);
    let participants = rows(&form);
    page::html_as(status, &LayerPage { shell, schedule, layer, form, participants, people, preview })
}

pub(super) async fn add(
    mut viewer: Viewer,
    Path(slug): Path<String>,
    mut form: Form,
) -> Result<Response, PageError> {
    let schedule = editable(&mut viewer, &slug).await?;
    if let Some(moved) = rearranged(&form) {
        return show(viewer, schedule, None, moved, None, StatusCode::OK).await;
    }
    let shell = viewer.shell(Nav::OnCall);
    match act(&mut viewer, &shell, &slug, new_layer(&form), &form).await {
        Ok(Done::Saved) => {
            Ok(Flash::ok("Layer added.", "Those whose time changes are told.").on(&super::address(&slug)))
        }
        Ok(Done::Looked(told)) => show(viewer, schedule, None, form, Some(told), StatusCode::OK).await,
        Err(error) => {
            let status = form.refuse(error)?;
            let told = without_reason(&mut viewer, &shell, &slug, new_layer(&form), &form).await;
            show(viewer, schedule, None, form, told, status).await
        }
    }
}

fn new_layer(form: &Form) -> Outcome<Edit> {
    let ((turns, restrictions), (priority, ends)) =
        both(both(read_turns(form), restrictions(form)), both(priority(form), ends(form)))?;
    Ok(Edit::AddLayer(NewLayer {
        name: form.text("name"),
        priority,
        time_zone: form.optional("time_zone"),
        hand_off: turns.hand_off,
        every: turns.every,
        unit: turns.unit,
        only_active_days: turns.only_active_days,
        restrictions,
        participants: participants(form),
        ends,
    }))
}

pub(super) async fn form(
    mut viewer: Viewer,
    Path((slug, id)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let schedule = editable(&mut viewer, &slug).await?;
    let layer = layer_of(&mut viewer, &schedule, &id).await?;
    let form = filled(&mut viewer, &schedule, &layer).await?;
    show(viewer, schedule, Some(layer), form, None, StatusCode::OK).await
}

async fn layer_of(viewer: &mut Viewer, schedule: &Schedule, id: &str) -> Outcome<LayerRecord> {
    let missing = || Error::not_found("layer", id);
    let id: LayerId = id.parse().map_err(|_| missing())?;
    let layers = rota::layers(&mut viewer.cx(), schedule.id).await?;
    layers.into_iter().find(|layer| layer.id == id).ok_or_else(missing)
}

async fn filled(viewer: &mut Viewer, schedule: &Schedule, layer: &LayerRecord) -> Outcome<Form> {
    let form = Form::blank()
        .with("version", schedule.version)
        .with("name", &layer.name)
        .with("priority", layer.priority)
        .with("effective", "next");
    // what was decided last: an edit that counts from the next hand-off is edited further
    let Some((_, rotation)) = layer.rotations.last() else { return Ok(form) };
    let zone = rotation.zone.clone().unwrap_or_else(|| schedule.zone());
    let ends = rotation.until.map(|at| super::typed(at, &zone));
    let form = form
        .with("hand_off", rotation.anchor.strftime("%Y-%m-%dT%H:%M"))
        .with("every", rotation.every)
        .with("unit", rotation.unit.as_str())
        .with_optional("only_active_days", rotation.only_active_days.then_some("yes"))
        .with("restrictions", windows::written(&rotation.restrictions).join("\n"))
        .with_optional("time_zone", rotation.zone.as_ref().and_then(jiff::tz::TimeZone::iana_name))
        .with_optional("ends", ends);
    let handles = handles(viewer, rotation).await?;
    Ok(handles.into_iter().fold(form, |form, handle| form.with("participants", handle)))
}

async fn handles(viewer: &mut Viewer, rotation: &Rotation) -> Outcome<Vec<String>> {
    let ids: Vec<PersonId> = rotation.participants.iter().copied().flatten().collect();
    let people = names(viewer, &ids).await?;
    let handle = |p: &Option<PersonId>| {
        p.and_then(|id| people.get(&id)).map_or_else(|| "nobody".to_owned(), |c| c.handle.clone())
    };
    Ok(rotation.participants.iter().map(handle).collect())
}

pub(super) async fn save(
    mut viewer: Viewer,
    Path((slug, id)): Path<(String, String)>,
    mut form: Form,
) -> Result<Response, PageError> {
    let schedule = editable(&mut viewer, &slug).await?;
    let layer = layer_of(&mut viewer, &schedule, &id).await?;
    if let Some(moved) = rearranged(&form) {
        return show(viewer, schedule, Some(layer), moved, None, StatusCode::OK).await;
    }
    let shell = viewer.shell(Nav::OnCall);
    match act(&mut viewer, &shell, &slug, edited(layer.id, &form), &form).await {
        Ok(Done::Saved) => {
            Ok(Flash::ok("Layer saved.", "Those whose time changes are told.").on(&super::address(&slug)))
        }
        Ok(Done::Looked(told)) => show(viewer, schedule, Some(layer), form, Some(told), StatusCode::OK).await,
        Err(Error::Stale) => {
            let status = form.refuse(Error::Stale)?;
            form.overtaken(&filled(&mut viewer, &schedule, &layer).await?);
            show(viewer, schedule, Some(layer), form, None, status).await
        }
        Err(error) => {
            let status = form.refuse(error)?;
            let told = without_reason(&mut viewer, &shell, &slug, edited(layer.id, &form), &form).await;
            show(viewer, schedule, Some(layer), form, told, status).await
        }
    }
}

fn edited(id: LayerId, form: &Form) -> Outcome<Edit> {
    let ((turns, restrictions), (priority, ends)) =
        both(both(read_turns(form), restrictions(form)), both(priority(form), ends(form)))?;
    Ok(Edit::Layer(
        id,
        LayerEdit {
            name: Some(form.text("name")),
            priority: Some(priority),
            time_zone: Some(form.optional("time_zone")),
            hand_off: Some(turns.hand_off),
            every: Some(turns.every),
            unit: Some(turns.unit),
            only_active_days: Some(turns.only_active_days),
            restrictions: Some(restrictions),
            participants: Some(participants(form)),
            first: form.optional("first"),
            ends: Some(ends),
            effective: if form.is("effective", "now") { Effective::Now } else { Effective::NextHandOff },
        },
    ))
}

pub(super) async fn remove(
    mut viewer: Viewer,
    Path((slug, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, PageError> {
    let schedule = editable(&mut viewer, &slug).await?;
    let layer = layer_of(&mut viewer, &schedule, &id).await?;
    let (edit, reason) = (Edit::RemoveLayer(layer.id), form.text("reason"));
    match rota::change(&mut viewer.cx(), &slug, &edit, None, &reason).await {
        Ok(_) => {
            Ok(Flash::ok("Layer removed.", "From now on; what was stays. Those whose time changes are told.")
                .on(&super::address(&slug)))
        }
        Err(error) => {
            let mut form = filled(&mut viewer, &schedule, &layer).await?.with("reason", reason);
            let status = form.refuse(error)?;
            show(viewer, schedule, Some(layer), form, None, status).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(act: &str) -> Option<Vec<String>> {
        let form = Form::read(
            format!("participants=a&participants=b&participants=+c+&participants=&act={act}").as_bytes(),
        );
        rearranged(&form).map(|form| rows(&form))
    }

    #[test]
    fn participants_move_by_buttons() {
        assert_eq!(pressed("up:2").unwrap(), ["a", "c", "b", ""]);
        assert_eq!(pressed("down:0").unwrap(), ["b", "a", "c", ""]);
        assert_eq!(pressed("remove:1").unwrap(), ["a", "c", ""]);
        for nowhere in ["up:0", "down:2", "remove:9", "more"] {
            assert_eq!(pressed(nowhere).unwrap(), ["a", "b", "c", ""], "{nowhere}");
        }
        assert!(pressed("save").is_none() && pressed("preview").is_none());
    }
}
