//! Approvals: whose word is needed, who may give it, and what happens when they say nothing.
//!
//! Who may decide is resolved when they are asked, and kept: whoever asked never decides their own; where a rule leaves
//! nobody, the leads above stand in, and where there are none either, the admins. Time over passes it on to the leads above
//! once, and then the request is refused, so that nothing waits for ever.

use jiff::SignedDuration;

use super::{
    Approval, ApprovalOf, ApprovalState, Blame, Failure, Move, Need, Offering, Request, Step, offering,
    request, run,
    secrets::hidden,
    store::{self, approval::Asked},
    tell,
};
use crate::{
    ApprovalId, Cx, Error, Limit, PersonId, Result, TeamId,
    activity::{self, Act},
    check::Checks,
    people::{self, PersonName},
};

/// Most people that one rule resolves to.
const MOST: i64 = 50;
/// Longest note, in characters.
const LONGEST: usize = 2_000;

/// Somebody whose word counts, by which rule, and how they came to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) rule: String,
    pub(super) person: PersonName,
    pub(super) by: &'static str,
}

/// Who may give their word by these rules, never whoever asks.
pub(super) async fn resolve(
    cx: &mut Cx<'_>,
    offering: &Offering,
    team: Option<TeamId>,
    rules: &[String],
    asker: Option<PersonId>,
) -> Result<Vec<Resolved>> {
    let mut found = Vec::new();
    for rule in rules {
        let (people, home) = named_by(cx, offering, team, rule).await?;
        let mut people: Vec<_> = people.into_iter().filter(|p| p.active && Some(p.id) != asker).collect();
        let by = if people.is_empty() { "stand-in" } else { "rule" };
        if people.is_empty()
            && let Some(home) = home
        {
            people = people::leads_to_ask(cx, home)
                .await?
                .into_iter()
                .filter(|p| Some(p.id) != asker)
                .take(1)
                .collect();
        }
        if people.is_empty() {
            people = store::approval::admins(cx, asker, MOST).await?;
        }
        found.extend(people.into_iter().map(|person| Resolved { rule: rule.clone(), person, by }));
    }
    Ok(found)
}

/// The people a rule names, and the team above which others stand in for them.
async fn named_by(
    cx: &mut Cx<'_>,
    offering: &Offering,
    team: Option<TeamId>,
    rule: &str,
) -> Result<(Vec<PersonName>, Option<TeamId>)> {
    if rule == "lead" {
        let Some(team) = team else { return Ok((Vec::new(), None)) };
        // the nearest one who is there: a team without a lead has that of the team above
        return Ok((people::leads_to_ask(cx, team).await?.into_iter().take(1).collect(), Some(team)));
    }
    if let Some(handle) = rule.strip_prefix("person:") {
        return match people::person(cx, handle).await {
            Ok(p) => {
                let name = PersonName { id: p.id, handle: p.handle, name: p.name, active: p.active };
                Ok((vec![name], Some(offering.team.id)))
            }
            Err(Error::NotFound { .. }) => Ok((Vec::new(), Some(offering.team.id))),
            Err(other) => Err(other),
        };
    }
    let of = match rule.strip_prefix("team:") {
        Some(slug) => match people::team(cx, slug).await {
            Ok(team) => team.id,
            Err(Error::NotFound { .. }) => return Ok((Vec::new(), Some(offering.team.id))),
            Err(other) => return Err(other),
        },
        None => offering.team.id,
    };
    let members = people::members(cx, of, None, Limit::new(MOST)?).await?;
    Ok((members.items.into_iter().map(|m| m.person).collect(), Some(of)))
}

/// Asks for the approvals of a request that is handed in.
pub(super) async fn ask(
    cx: &mut Cx<'_>,
    request: &Request,
    offering: &Offering,
    needed: &[(&Approval, &str)],
) -> Result<()> {
    for (rule, because) in needed {
        let asked = Asked {
            request: request.id,
            name: &rule.name,
            step: "",
            because,
            shown: "",
            need: rule.need,
            within: SignedDuration::from_hours(i64::from(rule.within_hours)),
        };
        ask_one(cx, request, offering, &asked, &rule.by).await?;
    }
    Ok(())
}

async fn ask_one(
    cx: &mut Cx<'_>,
    request: &Request,
    offering: &Offering,
    asked: &Asked<'_>,
    rules: &[String],
) -> Result<()> {
    let asker = request.requested_by.as_ref().map(|p| p.id);
    let approvers = resolve(cx, offering, Some(request.team.id), rules, asker).await?;
    let id = store::approval::insert(cx, asked).await?;
    store::approval::add_approvers(cx, id, &approvers).await?;
    let who = whose_word(&approvers, rules, asked.need);
    run::note(cx, request.id, &format!("{who}: {}", asked.because)).await?;
    let people: Vec<_> = approvers.iter().map(|a| a.person.id).collect();
    tell::word_needed(cx, request, &people, asked.because).await
}

/// Whose word is waited for, in a sentence part that says how many of them have to speak.
fn whose_word(approvers: &[Resolved], rules: &[String], need: Need) -> String {
    let mut names: Vec<&str> = Vec::new();
    for approver in approvers {
        let name = approver.person.name.as_str();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(3);
    let shown = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    let shown = if more > 0 { format!("{shown} and {more} more") } else { shown };
    match names.len() {
        0 => "nobody is known who may decide".into(),
        1 => format!("waits for a word of {shown}"),
        n if need == Need::Any || rules.len() < 2 => format!("any one of {n} may decide ({shown})"),
        n => format!("one each of {} has to agree, {n} people in all ({shown})", rules.join(" and ")),
    }
}

/// Asks for somebody's word in the middle of a run, once; returns how it stands.
pub(super) async fn ask_at_step(
    cx: &mut Cx<'_>,
    request: &Request,
    step: &Step,
    input: &serde_json::Value,
    secrets: &[String],
) -> Result<ApprovalState> {
    if let Some(known) = store::approval::of_step(cx, request.id, &step.id).await? {
        return Ok(known);
    }
    let offering = offering::known(cx, &request.offering, Some(request.version)).await?;
    // what people are shown may quote what a step before said
    let text = |key: &str| hidden(input.get(key).and_then(|v| v.as_str()).unwrap_or_default(), secrets);
    let rules: Vec<String> = input
        .get("by")
        .and_then(|by| by.as_array())
        .into_iter()
        .flatten()
        .filter_map(|rule| rule.as_str().map(str::to_owned))
        .take(10)
        .collect();
    // a list that an expression made may be empty; then it is for those whose offering it is
    let rules = if rules.is_empty() { vec!["offering-team".to_owned()] } else { rules };
    let hours = input.get("withinHours").and_then(serde_json::Value::as_i64).unwrap_or(72).clamp(1, 24 * 60);
    let shown: String = text("show").chars().take(60_000).collect();
    let because = text("because");
    let asked = Asked {
        request: request.id,
        name: &step.id,
        step: &step.id,
        because: &because,
        shown: &shown,
        need: if text("need") == "all" { Need::All } else { Need::Any },
        within: SignedDuration::from_hours(hours),
    };
    ask_one(cx, request, &offering, &asked, &rules).await?;
    store::request::set_needed_human(cx, request.id).await?;
    Ok(ApprovalState::Waiting)
}

/// The approvals of a request, in the order in which they were asked for.
pub async fn approvals(cx: &mut Cx<'_>, request: &Request) -> Result<Vec<ApprovalOf>> {
    cx.reader()?;
    let me = cx.actor().person;
    let mut all = store::approval::of_request(cx, request.id).await?;
    for one in &mut all {
        one.mine = one.state == ApprovalState::Waiting && may_decide(one, me).next().is_some();
    }
    Ok(all)
}

/// The rules by which somebody may decide and has not.
fn may_decide(approval: &ApprovalOf, me: Option<PersonId>) -> impl Iterator<Item = &str> {
    let open = move |rule: &str| approval.approvers.iter().all(|a| a.rule != rule || a.agreed.is_none());
    let own = approval.approvers.iter().filter(move |a| Some(a.person.id) == me && open(&a.rule));
    own.map(|a| a.rule.as_str())
}

/// The approval that is meant: the one of that key, else the only one of the request that waits for the actor.
pub async fn approval_of(cx: &mut Cx<'_>, number: i64, id: Option<ApprovalId>) -> Result<ApprovalId> {
    if let Some(id) = id {
        return Ok(id);
    }
    let request = request::request(cx, number).await?;
    let all = approvals(cx, &request).await?;
    let mut mine = all.iter().filter(|a| a.mine);
    match (mine.next(), mine.next()) {
        (Some(only), None) => Ok(only.id),
        (Some(_), Some(_)) => {
            Err(Error::invalid("approval", "is needed: several of them wait for you; name one by its key"))
        }
        (None, _) => match all.iter().find(|a| a.state == ApprovalState::Waiting) {
            Some(other) => Ok(other.id), // deciding says whose it is
            None => Err(Error::Conflict(
                "nothing of it waits for anybody's word; look at the request again".into(),
            )),
        },
    }
}

/// What waits for the actor's word, soonest first; at most 50.
pub async fn waits_on_me(cx: &mut Cx<'_>) -> Result<Vec<super::WaitsOn>> {
    let me = cx.reader()?;
    store::approval::waits_on(cx, me).await
}

/// Says yes or no. A no needs its reason, and ends the request; when all that is needed is there, it runs.
pub async fn decide(
    cx: &mut Cx<'_>,
    number: i64,
    id: ApprovalId,
    agreed: bool,
    note: &str,
) -> Result<Request> {
    let me = cx.writer()?;
    let mut checks = Checks::default();
    let note = checks.text("note", note, LONGEST);
    if !agreed && note.is_empty() {
        checks.problem("note", "is needed for a no: say what would have to be different");
    }
    checks.done()?;
    cx.atomically(async |cx| {
        let (request, approval) = locked(cx, number, id).await?;
        let rules: Vec<String> = may_decide(&approval, Some(me)).map(str::to_owned).collect();
        if request.requested_by.as_ref().map(|p| p.id) == Some(me) {
            return Err(Error::Forbidden(
                "nobody approves what they asked for themselves; somebody else decides".into(),
            ));
        }
        if rules.is_empty() {
            return Err(Error::Forbidden(format!("this is for {} to decide", names(&approval))));
        }
        store::approval::decide(cx, id, &rules, me, agreed, &note).await?;
        let verb = if agreed { "provisioning.agreed" } else { "provisioning.refused" };
        activity::record(cx, Act { note: note.clone(), ..Act::new(verb, request.subject()) }).await?;
        let word = if agreed { "agreed" } else { "said no" };
        let tail = if note.is_empty() { String::new() } else { format!(": {note}") };
        run::note(cx, request.id, &format!("{} {word}{tail}", cx.actor().name.clone())).await?;
        if !agreed {
            store::approval::settle(cx, id, ApprovalState::Refused).await?;
            let why = format!("{} said no: {note}", cx.actor().name);
            return refused(cx, &request, &approval, Blame::Input, why).await;
        }
        let done: usize = approval.approvers.iter().filter(|a| a.agreed == Some(true)).count();
        let needed = match approval.need {
            Need::Any => 1,
            Need::All => distinct_rules(&approval),
        };
        if done + rules.len() < needed {
            return Ok(request);
        }
        store::approval::settle(cx, id, ApprovalState::Agreed).await?;
        agreed_upon(cx, &request, &approval).await
    })
    .await
}

fn distinct_rules(approval: &ApprovalOf) -> usize {
    let mut rules: Vec<_> = approval.approvers.iter().map(|a| a.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules.len()
}

fn names(approval: &ApprovalOf) -> String {
    let mut names: Vec<_> = approval.approvers.iter().map(|a| a.person.name.as_str()).collect();
    names.dedup();
    names.truncate(3);
    if names.is_empty() { "an admin".into() } else { names.join(" or ") }
}

/// The request and its approval, under the request's lock.
async fn locked(cx: &mut Cx<'_>, number: i64, id: ApprovalId) -> Result<(Request, ApprovalOf)> {
    let request = request::locked(cx, number).await?;
    let all = store::approval::of_request(cx, request.id).await?;
    let approval =
        all.into_iter().find(|a| a.id == id).ok_or_else(|| Error::not_found("approval", id.to_string()))?;
    if approval.state != ApprovalState::Waiting || request.state.is_over() {
        return Err(Error::Conflict("it is decided already; look at the request again".into()));
    }
    Ok((request, approval))
}

async fn agreed_upon(cx: &mut Cx<'_>, request: &Request, approval: &ApprovalOf) -> Result<Request> {
    if !approval.step.is_empty() {
        run::wake(cx, request).await?;
        return request::reload(cx, request.number).await;
    }
    if store::approval::waiting(cx, request.id).await? > 0 {
        return Ok(request.clone());
    }
    run::step(cx, request, Move::Approve).await
}

/// A no, or no word in time: a request that has not begun is refused, one in the middle of its run is undone.
async fn refused(
    cx: &mut Cx<'_>,
    request: &Request,
    approval: &ApprovalOf,
    blame: Blame,
    why: String,
) -> Result<Request> {
    let next = match blame {
        Blame::Input => "Change what they name, and ask again.".to_owned(),
        Blame::Platform | Blame::Outside => {
            format!("Ask {} who can decide it, and ask again.", request.offering_team.name)
        }
    };
    let failure = Failure { blame, why, next };
    store::request::set_failure(cx, request.id, Some(&failure)).await?;
    if !approval.step.is_empty() {
        store::request::set_wish(cx, request.id, super::Wish::Undo).await?;
        run::wake(cx, request).await?;
        return request::reload(cx, request.number).await;
    }
    store::approval::drop_waiting(cx, request.id).await?;
    let request = run::step(cx, request, Move::Refuse).await?;
    tell::refused(cx, &request).await?;
    Ok(request)
}

/// Hands one's word on to somebody else, who is told.
pub async fn delegate(cx: &mut Cx<'_>, number: i64, id: ApprovalId, to: &str) -> Result<Request> {
    let me = cx.writer()?;
    let to = match people::person(cx, to.trim()).await {
        Err(Error::NotFound { .. }) => {
            return Err(Error::invalid("to", format!("is not known here: there is no {to:?}")));
        }
        found => found?,
    };
    cx.atomically(async |cx| {
        let (request, approval) = locked(cx, number, id).await?;
        if !to.active || request.requested_by.as_ref().map(|p| p.id) == Some(to.id) {
            return Err(Error::invalid(
                "to",
                "must be somebody who is here and did not ask for it themselves",
            ));
        }
        let rules: Vec<String> = may_decide(&approval, Some(me)).map(str::to_owned).collect();
        if rules.is_empty() {
            return Err(Error::Forbidden(format!(
                "this is for {} to decide or to hand on",
                names(&approval)
            )));
        }
        store::approval::delegate(cx, id, &rules, me, to.id).await?;
        let words = format!("{} handed their word on to {}", cx.actor().name, to.name);
        run::note(cx, request.id, &words).await?;
        activity::record(cx, Act { note: words, ..Act::new("provisioning.delegated", request.subject()) })
            .await?;
        tell::word_needed(cx, &request, &[to.id], &approval.because).await?;
        Ok(request)
    })
    .await
}

/// Reminds those whose time is half over, passes on what is overdue, and refuses what nobody decided then either. The worker
/// calls it every minute; at most 100 at once.
pub async fn sweep_approvals(cx: &mut Cx<'_>) -> Result<u64> {
    cx.admin()?;
    let due = store::approval::due(cx, 100).await?;
    let count = due.len() as u64;
    for (number, id) in due {
        match cx.atomically(async |cx| see_to(cx, number, id).await).await {
            // decided at this moment
            Ok(()) | Err(Error::Conflict(_) | Error::NotFound { .. }) => {}
            // one that cannot be seen to keeps no other from it
            Err(error) => tracing::warn!(number, approval = %id, %error, "an approval could not be seen to"),
        }
    }
    Ok(count)
}

async fn see_to(cx: &mut Cx<'_>, number: i64, id: ApprovalId) -> Result<()> {
    let (request, approval) = locked(cx, number, id).await?;
    let undecided = approval.approvers.iter().filter(|a| a.agreed.is_none());
    let waiting: Vec<_> = undecided.filter(|a| a.person.active).map(|a| a.person.id).collect();
    let over = cx.now() >= approval.due_at;
    if approval.escalated_at.is_none() && (over || waiting.is_empty()) {
        return escalate(cx, &request, &approval, over).await;
    }
    if over {
        store::approval::settle(cx, id, ApprovalState::Lapsed).await?;
        let why = format!("Nobody decided in time: {}", approval.because);
        return refused(cx, &request, &approval, Blame::Platform, why).await.map(drop);
    }
    if store::approval::reminded(cx, id).await? {
        tell::reminder(cx, &request, &waiting, &approval).await?;
    }
    Ok(())
}

/// The leads above may decide too, in as much time again: because time is over, or because whoever could is not here any more.
async fn escalate(cx: &mut Cx<'_>, request: &Request, approval: &ApprovalOf, over: bool) -> Result<()> {
    let asker = request.requested_by.as_ref().map(|p| p.id);
    let mut above: Vec<_> = people::leads_to_ask(cx, request.team.id).await?;
    above.extend(people::leads_to_ask(cx, request.offering_team.id).await?);
    let known = |p: &PersonName| approval.approvers.iter().any(|a| a.person.id == p.id);
    above.retain(|p| Some(p.id) != asker && !known(p));
    let mut seen = Vec::new();
    above.retain(|p| {
        !seen.contains(&p.id) && {
            seen.push(p.id);
            true
        }
    });
    if above.is_empty() {
        above = store::approval::admins(cx, asker, MOST).await?;
    }
    let mut rules: Vec<_> =
        approval.approvers.iter().filter(|a| a.agreed.is_none()).map(|a| a.rule.clone()).collect();
    rules.sort_unstable();
    rules.dedup();
    let passed: Vec<_> = rules
        .iter()
        .flat_map(|rule| {
            above.iter().map(|p| Resolved { rule: rule.clone(), person: p.clone(), by: "escalation" })
        })
        .collect();
    store::approval::add_approvers(cx, approval.id, &passed).await?;
    let again = approval.due_at.duration_since(approval.asked_at);
    store::approval::escalated(cx, approval.id, cx.now() + again).await?;
    let why = if over { "nobody decided in time" } else { "whoever could decide is not here any more" };
    run::note(cx, request.id, &format!("{why}; passed on to the leads above")).await?;
    let people: Vec<_> = above.iter().map(|p| p.id).collect();
    tell::word_needed(cx, request, &people, &approval.because).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(rule: &str, name: &str) -> Resolved {
        let person =
            PersonName { id: PersonId::new(), handle: name.to_lowercase(), name: name.into(), active: true };
        Resolved { rule: rule.into(), person, by: "rule" }
    }

    #[test]
    fn whoever_may_decide_is_told_with_how_many_of_them_have_to() {
        let team: Vec<_> = ["Ada", "Ben", "Cleo", "Dan", "Eve"].map(|name| by("offering-team", name)).into();
        let rules = ["lead".to_owned(), "offering-team".to_owned()];
        assert_eq!(
            whose_word(&team, &rules[1..], Need::Any),
            "any one of 5 may decide (Ada, Ben, Cleo and 2 more)"
        );
        assert_eq!(whose_word(&team[..1], &rules[1..], Need::All), "waits for a word of Ada");
        let both = [by("lead", "Flo"), by("offering-team", "Ada"), by("offering-team", "Flo")];
        assert_eq!(
            whose_word(&both, &rules, Need::All),
            "one each of lead and offering-team has to agree, 2 people in all (Flo, Ada)"
        );
        assert_eq!(whose_word(&[], &rules, Need::All), "nobody is known who may decide");
    }
}
