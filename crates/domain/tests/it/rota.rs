//! Schedules on a real database: what is kept says what the plan says, the past stays, and two cannot decide the same.

use jiff::{
    SignedDuration, Span, Timestamp, ToSpan,
    civil::{Weekday, date},
};
use portolan_domain::{
    Error, Limit, Result,
    people::{self, Person, PersonEdit, Team},
    rota::{
        self, Edit, Effective, Held, LayerEdit, NewCover, NewLayer, NewSchedule, NewSwap, Purpose,
        ScheduleEdit,
    },
};
use portolan_testkit::{
    Bed,
    rota::{on_call, weekly},
};
use sqlx::PgPool;

/// A team of six with a weekly rotation since Monday 2 November, nine o'clock in Amsterdam; the bed's night of the
/// 21st is in the third week.
struct Rota {
    bed: Bed,
    pool: PgPool,
    people: Vec<Person>,
    team: Team,
}

const NAMES: [&str; 6] = ["ana", "bo", "cem", "dele", "eva", "fay"];
/// The same in the order of their turns from the night of the 21st on.
const TURNS: [&str; 6] = ["cem", "dele", "eva", "fay", "ana", "bo"];

/// Turns of a week since Monday 2 November, nine o'clock.
fn turns(people: &[&str]) -> NewLayer {
    weekly(date(2026, 11, 2).at(9, 0, 0, 0), people)
}

fn schedule(slug: &str, layers: Vec<NewLayer>) -> NewSchedule {
    on_call("basket", slug, "Europe/Amsterdam", layers)
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

impl Rota {
    async fn new(pool: PgPool) -> Self {
        let bed = Bed::new(pool.clone());
        let team = bed.team("basket").await;
        let mut people = Vec::new();
        for name in NAMES {
            let person = bed.person(name).await;
            bed.join(&person, &team).await;
            people.push(person);
        }
        let rota = Self { bed, pool, people, team };
        rota.create(schedule("primary", vec![turns(&TURNS)])).await.expect("a schedule");
        rota
    }

    async fn create(&self, new: NewSchedule) -> Result<rota::Schedule> {
        let mut call = self.bed.as_person(&self.people[0]).await;
        rota::create_schedule(&mut call.cx(), new, "").await
    }

    /// Handle of who is on call, and what stands there else.
    async fn on_call(&self, slug: &str, at: Timestamp) -> String {
        let mut call = self.bed.as_person(&self.people[0]).await;
        let schedule = rota::schedule(&mut call.cx(), slug).await.expect("a schedule");
        let duties = rota::on_duty(&mut call.cx(), &schedule, at).await.expect("an answer");
        let word = |d: &rota::Duty| d.on_call().map_or(d.held.as_str().to_owned(), |c| c.handle.clone());
        duties.iter().map(word).collect::<Vec<_>>().join("+")
    }

    async fn cover(&self, out: &str, by: &str, start: &str, end: &str) -> Result<rota::CoverRecord> {
        let mut call = self.bed.as_person(&self.people[0]).await;
        let new = NewCover {
            out: Some(out.into()),
            by: Some(by.into()),
            start: Some(at(start)),
            end: at(end),
            reason: "a wedding".into(),
        };
        rota::add_cover(&mut call.cx(), "primary", &new).await.map(|(cover, _)| cover)
    }

    /// What people are told of this event, in order: `handle: subject | text`.
    async fn told(&self, event: &str) -> Vec<String> {
        sqlx::query_scalar("SELECT p.handle || ': ' || n.subject || ' | ' || n.body FROM notice n JOIN person p ON p.id = n.person_id WHERE n.event = $1 ORDER BY p.handle, n.id")
            .bind(event)
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// Forgets what people were told so far.
    async fn forget(&self) {
        sqlx::query("DELETE FROM notice").execute(&self.pool).await.unwrap();
    }

    /// Whether what is kept is what the plan says, for the half year to come.
    async fn assert_kept_as_planned(&self, slug: &str) {
        let mut call = self.bed.as_person(&self.people[0]).await;
        let schedule = rota::schedule(&mut call.cx(), slug).await.unwrap();
        let (from, to) = (self.bed.now(), self.bed.now() + SignedDuration::from_hours(24 * 180));
        let plan = rota::plan_of(&mut call.cx(), &schedule, from).await.unwrap();
        let kept = rota::shifts_of_schedule(&mut call.cx(), &schedule, from, to).await.unwrap();
        let kept: Vec<_> =
            kept.iter().map(|d| (d.start.max(from), d.end, d.person.as_ref().map(|p| p.id))).collect();
        let planned: Vec<_> = rota::shifts(&plan, from, to)
            .iter()
            .map(|s| (s.start.max(from), s.end, s.holder.person()))
            .collect();
        assert_eq!(kept, planned);
    }
}

const NEXT_WEEK: &str = "2026-11-25T12:00:00Z";

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_has_the_turn_is_on_call_and_the_next_one_at_the_very_hand_off(pool: PgPool) {
    let rota = Rota::new(pool).await;
    assert_eq!(rota.on_call("primary", rota.bed.now()).await, "cem");
    assert_eq!(rota.on_call("primary", at("2026-11-23T07:59:59Z")).await, "cem");
    assert_eq!(rota.on_call("primary", at("2026-11-23T08:00:00Z")).await, "dele");
    assert_eq!(
        rota.on_call("primary", at("2029-11-05T12:00:00Z")).await,
        "bo",
        "beyond what is kept it is computed"
    );
    rota.assert_kept_as_planned("primary").await;
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    let found = rota::on_call_of_team(&mut call.cx(), "basket", Purpose::OnCall, None).await.unwrap();
    assert_eq!(found.first().map(|c| c.handle.as_str()), Some("cem"));
    assert_eq!(found.until(), Some(at("2026-11-23T08:00:00Z")));
    assert_eq!(found.next.unwrap().on_call().unwrap().handle, "dele");
    assert!(found.fallback.is_none());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_override_cuts_in_and_taking_it_back_restores_exactly(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let cover = rota.cover("dele", "fay", "2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z").await.unwrap();
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "fay");
    assert_eq!(rota.on_call("primary", at("2026-11-26T08:00:00Z")).await, "dele");
    rota.assert_kept_as_planned("primary").await;
    let refused = rota.cover("dele", "eva", "2026-11-25T10:00:00Z", "2026-11-25T14:00:00Z").await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("already decided")), "{refused:?}");
    let later = rota.cover("fay", "eva", "2026-11-25T10:00:00Z", "2026-11-25T14:00:00Z").await;
    assert!(later.is_ok(), "whoever took over may be replaced in turn: {later:?}");
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "eva");
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    rota::withdraw_cover(&mut call.cx(), "primary", cover.id).await.unwrap();
    assert_eq!(
        rota.on_call("primary", at(NEXT_WEEK)).await,
        "dele",
        "replacing fay has no effect while she is not on call"
    );
    rota::withdraw_cover(&mut call.cx(), "primary", later.unwrap().id).await.unwrap();
    rota.assert_kept_as_planned("primary").await;
    let schedule = rota::schedule(&mut call.cx(), "primary").await.unwrap();
    let week = rota::shifts_of_schedule(&mut call.cx(), &schedule, at(NEXT_WEEK), at("2026-11-25T12:00:01Z"))
        .await
        .unwrap();
    assert_eq!(week.len(), 1);
    assert_eq!((week[0].start, week[0].end), (at("2026-11-23T08:00:00Z"), at("2026-11-30T08:00:00Z")));
    assert!(week[0].sequence > 0, "calendars hear of it");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_overrides_written_at_the_same_moment_are_one(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let (day, night) = ("2026-11-25T08:00:00Z", "2026-11-25T20:00:00Z");
    let (one, two) =
        tokio::join!(rota.cover("dele", "eva", day, night), rota.cover("dele", "fay", day, night));
    assert!(one.is_ok() ^ two.is_ok(), "{one:?} {two:?}");
    let refused = one.err().or(two.err());
    assert!(
        matches!(&refused, Some(Error::Conflict(why)) if why.contains("look at the schedule again")),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_past_stays_whatever_the_rotation_says_today(pool: PgPool) {
    let rota = Rota::new(pool).await;
    rota.bed.wait(Span::new().hours(24 * 21));
    let past = at("2026-11-25T12:00:00Z");
    assert_eq!(rota.on_call("primary", past).await, "dele");
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    let layers = {
        let schedule = rota::schedule(&mut call.cx(), "primary").await.unwrap();
        rota::layers(&mut call.cx(), schedule.id).await.unwrap()
    };
    let reversed: Vec<String> = NAMES.iter().rev().map(|n| (*n).to_owned()).collect();
    let edit = LayerEdit {
        participants: Some(reversed),
        first: Some("bo".into()),
        effective: Effective::Now,
        ..LayerEdit::default()
    };
    let edit = Edit::Layer(layers[0].id, edit);
    let preview = rota::preview(&mut call.cx(), "primary", &edit).await.unwrap();
    let (_, differences) = rota::change(&mut call.cx(), "primary", &edit, None, "").await.unwrap();
    let known = differences.last().unwrap().end;
    let previewed: Vec<_> = preview.differences.iter().filter(|d| d.end < known).cloned().collect();
    assert_eq!(previewed, differences[..previewed.len()], "what was shown is what happened");
    assert!(previewed.len() > 10, "{}", previewed.len());
    for (name, monday) in NAMES.iter().zip(0..) {
        let noon = at("2026-11-02T11:00:00Z") + SignedDuration::from_hours(24 * 7 * monday);
        if noon < rota.bed.now() && noon > at("2026-11-21T12:00:00Z") {
            assert_eq!(rota.on_call("primary", noon).await, *name);
        }
    }
    assert_eq!(rota.on_call("primary", past).await, "dele");
    assert_eq!(rota.on_call("primary", rota.bed.now()).await, "bo");
    rota.assert_kept_as_planned("primary").await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_edit_that_lies_ahead_can_be_changed_and_taken_back(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    let schedule = rota::schedule(&mut call.cx(), "primary").await.unwrap();
    let layer = rota::layers(&mut call.cx(), schedule.id).await.unwrap()[0].id;
    let order = |people: &[&str]| people.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
    let edit = |people: &[&str]| {
        Edit::Layer(layer, LayerEdit { participants: Some(order(people)), ..LayerEdit::default() })
    };
    let weeks = ["2026-11-25T12:00:00Z", "2026-12-02T12:00:00Z", "2026-12-09T12:00:00Z"];
    let who = async || {
        let mut found = Vec::new();
        for noon in weeks {
            found.push(rota.on_call("primary", at(noon)).await);
        }
        found.join(" ")
    };
    assert_eq!(who().await, "dele eva fay");
    // next week without dele and eva
    rota::change(&mut call.cx(), "primary", &edit(&["cem", "fay", "ana", "bo"]), None, "few").await.unwrap();
    assert_eq!(who().await, "fay ana bo");
    // a later thought about the same week, and only the name of the layer
    rota::change(&mut call.cx(), "primary", &edit(&["cem", "eva", "ana", "bo"]), None, "few").await.unwrap();
    assert_eq!(who().await, "eva ana bo");
    let name = Edit::Layer(layer, LayerEdit { name: Some("Few".into()), ..LayerEdit::default() });
    let (_, moved) = rota::change(&mut call.cx(), "primary", &name, None, "few").await.unwrap();
    assert!(moved.is_empty(), "a name moves nobody: {moved:?}");
    assert_eq!(who().await, "eva ana bo");
    // and back to all six
    rota::change(&mut call.cx(), "primary", &edit(&TURNS), None, "").await.unwrap();
    assert_eq!(who().await, "dele eva fay");
    rota.assert_kept_as_planned("primary").await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_leaver_is_replaced_in_what_lies_ahead_and_in_what_was_agreed(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    let schedule = rota::schedule(&mut call.cx(), "primary").await.unwrap();
    let layer = rota::layers(&mut call.cx(), schedule.id).await.unwrap()[0].id;
    // cem, whose week it is, is out of the order from the next hand-off on, and eva covers a part of dele's week
    let five = ["dele", "eva", "fay", "ana", "bo"].map(str::to_owned).to_vec();
    let edit = Edit::Layer(layer, LayerEdit { participants: Some(five), ..LayerEdit::default() });
    rota::change(&mut call.cx(), "primary", &edit, None, "few").await.unwrap();
    rota.cover("dele", "eva", "2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z").await.unwrap();
    let zoe = rota.bed.person("zoe").await;
    rota.bed.join(&zoe, &rota.team).await;
    rota::replace_person(&mut call.cx(), "cem", "zoe", None, "few").await.unwrap();
    assert_eq!(rota.on_call("primary", rota.bed.now()).await, "zoe");
    assert_eq!(rota.on_call("primary", at("2026-11-24T12:00:00Z")).await, "dele", "what was to come comes");
    let max = rota.bed.person("max").await;
    rota.bed.join(&max, &rota.team).await;
    rota::replace_person(&mut call.cx(), "dele", "max", None, "few").await.unwrap();
    assert_eq!(rota.on_call("primary", at("2026-11-24T12:00:00Z")).await, "max");
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "eva", "what was agreed holds");
    rota.assert_kept_as_planned("primary").await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_leavers_repair_is_looked_at_first_and_too_much_of_it_needs_a_reason(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    // eva has a day off, and dele is to take it
    rota.cover("eva", "dele", "2026-12-02T08:00:00Z", "2026-12-03T08:00:00Z").await.unwrap();
    rota.forget().await;
    let would = rota::preview_replacement(&mut call.cx(), "dele", "fay", None).await.unwrap();
    let [(schedule, preview)] = would.as_slice() else { panic!("one schedule: {would:?}") };
    let too_often: Vec<_> =
        preview.too_often.iter().map(|t| format!("{} {:.1}", t.person.handle, t.one_in)).collect();
    assert_eq!((schedule.slug.as_str(), too_often), ("primary", vec!["fay 2.8".to_owned()]));
    assert_eq!(preview.differences[0].start, at("2026-11-23T08:00:00Z"), "her own week");
    assert_eq!(preview.differences[1].start, at("2026-12-02T08:00:00Z"), "and the day she was to take");
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "dele", "nothing is done yet");

    let refused = rota::replace_person(&mut call.cx(), "dele", "fay", None, " ").await;
    let Err(Error::Invalid(problems)) = &refused else { panic!("{refused:?}") };
    assert_eq!(problems[0].field, "reason");
    assert!(problems[0].message.contains("Fay one in 2.8 on primary"), "{}", problems[0].message);
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "dele", "nor then");

    let done = rota::replace_person(&mut call.cx(), "dele", "fay", None, "until spring").await.unwrap();
    let known = done[0].1.last().unwrap().end;
    let shown: Vec<_> = preview.differences.iter().filter(|d| d.end < known).cloned().collect();
    assert!(shown.len() > 3, "{shown:?}");
    assert_eq!(shown, done[0].1[..shown.len()], "what was shown is what happened");
    let kept: String = sqlx::query_scalar(
        "SELECT note FROM activity WHERE verb = 'schedule.edited' ORDER BY id DESC LIMIT 1",
    )
    .fetch_one(&rota.pool)
    .await
    .unwrap();
    assert_eq!(kept, "until spring");
    let told = rota.told("shifts.changed").await;
    assert!(told.iter().any(|t| t.starts_with("fay: ") && t.contains("until spring")), "{told:?}");
    rota.assert_kept_as_planned("primary").await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_override_that_changes_nothing_is_refused_and_says_when_they_are_on_call(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let said = |refused: Result<rota::CoverRecord>| match refused {
        Err(Error::Invalid(problems)) => format!("{} {}", problems[0].field, problems[0].message),
        other => panic!("{other:?}"),
    };
    let (start, end) = ("2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z");
    assert_eq!(
        said(rota.cover("fay", "bo", start, end).await),
        "out is not on call in that time, so there is nothing to take over; they are on call next from Mon 7 Dec 2026 08:00 to Mon 14 Dec 2026 08:00 (UTC)"
    );
    assert!(
        said(rota.cover("cem", "bo", start, end).await)
            .ends_with("they are on call now, until Mon 23 Nov 2026 08:00 (UTC)")
    );
    let olga = rota.bed.person("olga").await;
    rota.bed.join(&olga, &rota.team).await;
    assert!(
        said(rota.cover("olga", "bo", start, end).await)
            .ends_with("they have no turn in the half year to come")
    );
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    let beside =
        NewCover { by: Some("dele".into()), start: Some(at(start)), end: at(end), ..NewCover::default() };
    let added = rota::add_cover(&mut call.cx(), "primary", &beside).await.map(|(cover, _)| cover);
    assert_eq!(said(added), "by is on call in all of that time anyway");
    let schedule = rota::schedule(&mut call.cx(), "primary").await.unwrap();
    assert_eq!(rota::covers(&mut call.cx(), schedule.id, None, Limit::default()).await.unwrap().total, 0);

    let asked = NewSwap { asker: Some("fay".into()), start: at(start), end: at(end), ..NewSwap::default() };
    let swap = rota::ask_swap(&mut call.cx(), "primary", &asked).await;
    assert!(
        matches!(&swap, Err(Error::Invalid(p)) if p[0].message.contains("on call next from Mon 7 Dec 2026 08:00")),
        "{swap:?}"
    );
    // what reaches into a turn by an hour takes that hour, and beyond what is kept it is looked at too
    rota.cover("eva", "bo", start, "2026-11-30T09:00:00Z").await.unwrap();
    assert_eq!(rota.on_call("primary", at("2026-11-30T08:30:00Z")).await, "bo");
    rota.cover("bo", "eva", "2029-11-05T10:00:00Z", "2029-11-05T12:00:00Z").await.unwrap();
    assert_eq!(rota.on_call("primary", at("2029-11-05T11:00:00Z")).await, "eva");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_end_of_a_layer_can_be_taken_away_without_a_hole(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    let schedule = rota::schedule(&mut call.cx(), "primary").await.unwrap();
    let layer = rota::layers(&mut call.cx(), schedule.id).await.unwrap()[0].id;
    let edit = |edit: LayerEdit| Edit::Layer(layer, edit);
    // in the middle of cem's week
    let ends = LayerEdit {
        ends: Some(Some(date(2026, 11, 22).at(12, 0, 0, 0))),
        effective: Effective::Now,
        ..LayerEdit::default()
    };
    rota::change(&mut call.cx(), "primary", &edit(ends), None, "").await.unwrap();
    assert_eq!(rota.on_call("primary", at("2026-11-22T12:00:00Z")).await, "gap");
    let name = edit(LayerEdit { name: Some("Last".into()), ..LayerEdit::default() });
    rota::change(&mut call.cx(), "primary", &name, None, "").await.unwrap();
    let goes_on = edit(LayerEdit { ends: Some(None), ..LayerEdit::default() });
    rota::change(&mut call.cx(), "primary", &goes_on, None, "").await.unwrap();
    assert_eq!(
        rota.on_call("primary", at("2026-11-22T12:00:00Z")).await,
        "cem",
        "nobody is missing in between"
    );
    assert_eq!(rota.on_call("primary", at("2026-11-23T12:00:00Z")).await, "dele");
    rota.assert_kept_as_planned("primary").await;
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_swap_counts_when_it_is_taken_and_can_be_given_back(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let [ana, _, cem, dele, eva, _] = &rota.people[..] else { panic!("six people") };
    let ask = NewSwap {
        start: at("2026-11-25T08:00:00Z"),
        end: at("2026-11-26T08:00:00Z"),
        in_return: Some((at("2026-12-02T08:00:00Z"), at("2026-12-03T08:00:00Z"))),
        note: "a concert".into(),
        ..NewSwap::default()
    };
    let mut call = rota.bed.as_person(dele).await;
    let swap = rota::ask_swap(&mut call.cx(), "primary", &ask).await.unwrap();
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "dele", "an offer changes nothing");
    assert!(
        matches!(rota::ask_swap(&mut call.cx(), "primary", &ask).await, Err(Error::Conflict(_))),
        "asked once"
    );
    let mut taker = rota.bed.as_person(eva).await;
    let (taken, _) = rota::take_swap(&mut taker.cx(), swap.id, None).await.unwrap();
    assert_eq!(taken.state(rota.bed.now()).as_str(), "taken");
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "eva");
    assert_eq!(rota.on_call("primary", at("2026-12-02T12:00:00Z")).await, "dele", "in return");
    let mut late = rota.bed.as_person(cem).await;
    let refused = rota::take_swap(&mut late.cx(), swap.id, None).await;
    assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains("Eva")), "{refused:?}");
    rota::give_swap_back(&mut taker.cx(), swap.id).await.unwrap();
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "dele");
    assert_eq!(rota.on_call("primary", at("2026-12-02T12:00:00Z")).await, "eva");
    let mut lead = rota.bed.as_person(ana).await;
    let nothing = rota::take_swap(&mut lead.cx(), swap.id, Some("cem")).await;
    assert!(
        matches!(&nothing, Err(Error::Conflict(why)) if why.starts_with("Cem has no shift")),
        "{nothing:?}"
    );
    assert_eq!(
        rota.on_call("primary", at(NEXT_WEEK)).await,
        "dele",
        "what gives nothing in return is no swap"
    );
    rota::take_swap(&mut lead.cx(), swap.id, Some("eva")).await.unwrap();
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "eva", "arranged for others");
    rota.assert_kept_as_planned("primary").await;
    let outside =
        NewSwap { start: at("2026-12-25T08:00:00Z"), end: at("2026-12-26T08:00:00Z"), ..NewSwap::default() };
    assert!(matches!(rota::ask_swap(&mut call.cx(), "primary", &outside).await, Err(Error::Invalid(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_given_in_return_is_checked_when_it_is_asked_and_when_it_is_taken(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let [_, _, _, dele, eva, _] = &rota.people[..] else { panic!("six people") };
    let (mut asker, mut taker) = (rota.bed.as_person(dele).await, rota.bed.as_person(eva).await);
    let ask = NewSwap {
        start: at("2027-01-04T08:00:00Z"),
        end: at("2027-01-11T08:00:00Z"),
        asked: Some("eva".into()),
        ..NewSwap::default()
    };
    let back = |start: &str, end: &str| NewSwap { in_return: Some((at(start), at(end))), ..ask.clone() };
    for (wrong, field, why) in [
        (back("2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z"), "in_return", "outside of the shifts of Eva"),
        (back("2026-12-01T08:00:00Z", "2027-03-20T08:00:00Z"), "in_return", "three months at most"),
        (NewSwap { end: at("2027-04-20T08:00:00Z"), ..ask.clone() }, "end", "three months"),
    ] {
        let refused = rota::ask_swap(&mut asker.cx(), "primary", &wrong).await;
        let Err(Error::Invalid(problems)) = &refused else { panic!("{why}: {refused:?}") };
        assert!(problems[0].field == field && problems[0].message.contains(why), "{problems:?}");
    }
    let theirs = back("2026-12-01T08:00:00Z", "2026-12-03T08:00:00Z");
    let swap = rota::ask_swap(&mut asker.cx(), "primary", &theirs).await.unwrap();

    // meanwhile somebody else has it
    let cover = rota.cover("eva", "fay", "2026-12-01T08:00:00Z", "2026-12-03T08:00:00Z").await.unwrap();
    let refused = rota::take_swap(&mut taker.cx(), swap.id, None).await;
    assert!(
        matches!(&refused, Err(Error::Conflict(why)) if why.starts_with("Eva has no shift")),
        "{refused:?}"
    );
    let mut lead = rota.bed.as_person(&rota.people[0]).await;
    rota::withdraw_cover(&mut lead.cx(), "primary", cover.id).await.unwrap();

    // half of it is over: what is left is given
    rota.bed.wait((11 * 24).hours()); // 2 December, 03:10
    let mut taker = rota.bed.as_person(eva).await;
    rota::take_swap(&mut taker.cx(), swap.id, None).await.unwrap();
    let covers: Vec<(String, String)> =
        sqlx::query_as("SELECT p.handle, (c.starts_at AT TIME ZONE 'UTC')::text FROM cover c JOIN person p ON p.id = c.by_person_id WHERE c.swap_id = $1 ORDER BY 1")
            .bind(swap.id.0)
            .fetch_all(&rota.pool)
            .await
            .unwrap();
    assert_eq!(covers[0].0, "dele");
    assert!(covers[0].1.starts_with("2026-12-02 03:10"), "nothing is decided about what is over: {covers:?}");
    rota::give_swap_back(&mut taker.cx(), swap.id).await.unwrap();
    rota.bed.wait(48.hours());
    let mut taker = rota.bed.as_person(eva).await;
    let late = rota::take_swap(&mut taker.cx(), swap.id, None).await;
    assert!(matches!(&late, Err(Error::Conflict(why)) if why.contains("Eva would give is over")), "{late:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_schedule_that_cannot_be_renewed_does_not_stop_the_others(pool: PgPool) {
    let rota = Rota::new(pool).await;
    rota.create(schedule("broken", vec![turns(&TURNS)])).await.unwrap();
    rota.create(schedule("third", vec![turns(&TURNS)])).await.unwrap();
    let run = async |sql: &'static str| sqlx::raw_sql(sql).execute(&rota.pool).await.unwrap();
    run("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON schedule FOR EACH ROW WHEN (NEW.slug = 'broken') EXECUTE FUNCTION refuse();")
        .await;
    rota.bed.wait((24 * 3).hours());
    let mut system = rota.bed.as_system().await;
    assert_eq!(rota::renew_due(&mut system.cx()).await.unwrap(), 2, "the others are");
    assert!(rota::renew_due(&mut system.cx()).await.is_err(), "where none can be, that is told");
    run("DROP TRIGGER refuse ON schedule").await;
    assert_eq!(rota::renew_due(&mut system.cx()).await.unwrap(), 1);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn somebody_who_comes_back_has_their_turns_again(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let admin = rota.bed.admin("noor").await;
    let mut call = rota.bed.as_person(&admin).await;
    let mut system = rota.bed.as_system().await;
    for (active, who) in [(false, "vacant"), (true, "dele")] {
        let edit = PersonEdit { active: Some(active), ..PersonEdit::default() };
        people::edit_person(&mut call.cx(), "dele", edit, None).await.unwrap();
        assert_eq!(rota::renew_due(&mut system.cx()).await.unwrap(), 1, "{who}");
        assert_eq!(rota::renew_due(&mut system.cx()).await.unwrap(), 0, "{who}");
        assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, who);
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn calendars_show_ones_own_shifts_and_take_out_what_another_took_over(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let mut dele = rota.bed.as_person(&rota.people[3]).await;
    let (_, own) = rota::create_feed(&mut dele.cx(), None).await.unwrap();
    let (_, all) = rota::create_feed(&mut dele.cx(), Some("primary")).await.unwrap();
    let told = async |secret: &str| {
        let mut call = rota.bed.as_system().await;
        let feed = rota::read_feed(&mut call.cx(), secret, "https://p.example").await.unwrap();
        let before = at("2026-12-07T00:00:00Z");
        let soon = feed.events.into_iter().filter(|e| e.start < before && e.end > rota.bed.now());
        let line = |e: rota::ical::Event| {
            format!("{} {}{}", e.start.strftime("%d %b"), e.summary, if e.cancelled { " (gone)" } else { "" })
        };
        soon.map(line).collect::<Vec<_>>()
    };
    assert_eq!(told(&own).await, ["23 Nov primary"]);
    rota.cover("dele", "fay", "2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z").await.unwrap();
    assert_eq!(told(&own).await, ["23 Nov primary", "25 Nov primary (gone)", "26 Nov primary"]);
    let of_schedule = ["21 Nov Cem", "23 Nov Dele", "25 Nov Fay", "26 Nov Dele", "30 Nov Eva"];
    assert_eq!(told(&all).await, of_schedule.map(|line| format!("{line}: primary")));

    let mut admin = rota.bed.as_person(&rota.people[0]).await;
    let cut = ScheduleEdit { close: true, ..ScheduleEdit::default() };
    rota::change(&mut admin.cx(), "primary", &Edit::About(cut), None, "").await.unwrap();
    let gone = ["23 Nov primary (gone)", "25 Nov primary (gone)", "26 Nov primary (gone)"];
    assert_eq!(told(&own).await, gone, "what was cancelled is told, so that calendars take it out");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whose_time_an_edit_moves_is_told_and_nobody_else(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let told = rota.told("shifts.changed").await;
    let handles: Vec<_> = told.iter().filter_map(|t| t.split(':').next()).collect();
    assert_eq!(handles, ["bo", "cem", "dele", "eva", "fay"], "all but ana, who made it");
    assert!(told[1].contains("Ana: a new schedule."), "{}", told[1]);
    assert!(told[1].contains("- Sat 21 Nov 2026"), "cem's turn lasts: {}", told[1]);

    rota.forget().await;
    let cover = rota.cover("dele", "fay", "2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z").await.unwrap();
    let zone = "(times in UTC):"; // where they all live
    let day = "- Wed 25 Nov 2026 08:00 to Thu 26 Nov 2026 08:00";
    let lead = "Your shifts on primary changed | Ana: somebody takes over.\n\na wedding\n\n";
    assert_eq!(
        rota.told("shifts.changed").await,
        [
            format!("dele: {lead}Not yours any more {zone}\n{day}"),
            format!("fay: {lead}Yours now {zone}\n{day}")
        ]
    );

    rota.forget().await;
    let mut fay = rota.bed.as_person(&rota.people[5]).await;
    let refused = rota::withdraw_cover(&mut fay.cx(), "primary", cover.id).await;
    assert!(refused.is_ok(), "she is of the team: {refused:?}");
    let told = rota.told("shifts.changed").await;
    assert_eq!(told.len(), 1, "fay did it herself: {told:?}");
    assert!(told[0].starts_with("dele: ") && told[0].contains("Yours now"), "{told:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_may_take_a_swap_is_told_that_it_is_asked(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let mut dele = rota.bed.as_person(&rota.people[3]).await;
    let ask = NewSwap {
        start: at("2026-11-25T08:00:00Z"),
        end: at("2026-11-26T08:00:00Z"),
        note: "a concert".into(),
        ..NewSwap::default()
    };
    let open = rota::ask_swap(&mut dele.cx(), "primary", &ask).await.unwrap();
    let told = rota.told("swap.asked").await;
    assert_eq!(told.len(), 5, "everybody else on the schedule: {told:?}");
    assert!(
        told[0].starts_with("ana: Dele asks for somebody to take over on primary | Wed 25 Nov"),
        "{told:?}"
    );
    assert!(told[0].ends_with("a concert"), "{told:?}");
    rota::withdraw_swap(&mut dele.cx(), open.id).await.unwrap();
    assert!(rota.told("swap.withdrawn").await.is_empty(), "nobody was asked by name");

    rota.forget().await;
    let ask = NewSwap { asked: Some("eva".into()), ..ask };
    let named = rota::ask_swap(&mut dele.cx(), "primary", &ask).await.unwrap();
    let told = rota.told("swap.asked").await;
    assert!(matches!(&told[..], [one] if one.starts_with("eva: Dele asks you to take over")), "{told:?}");
    rota::withdraw_swap(&mut dele.cx(), named.id).await.unwrap();
    assert_eq!(rota.told("swap.withdrawn").await.len(), 1);

    rota.forget().await;
    let again = rota::ask_swap(&mut dele.cx(), "primary", &ask).await.unwrap();
    let mut eva = rota.bed.as_person(&rota.people[4]).await;
    rota::take_swap(&mut eva.cx(), again.id, None).await.unwrap();
    let told = rota.told("shifts.changed").await;
    assert!(
        matches!(&told[..], [one] if one.starts_with("dele: ") && one.contains("Eva: a swap is taken")),
        "{told:?}"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_swap_waits_for_whoever_may_take_it_until_somebody_does(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let stranger = rota.bed.person("gus").await;
    let waits = async |person: &Person| {
        let mut call = rota.bed.as_person(person).await;
        rota::swaps_asked_of_me(&mut call.cx(), Limit::default()).await.unwrap().items.len()
    };
    let ask = NewSwap {
        start: at("2026-11-25T08:00:00Z"),
        end: at("2026-11-26T08:00:00Z"),
        asked: Some("gus".into()),
        ..NewSwap::default()
    };
    let (dele, eva) = (&rota.people[3], &rota.people[4]);
    let mut asker = rota.bed.as_person(dele).await;
    let named = rota::ask_swap(&mut asker.cx(), "primary", &ask).await.unwrap();
    assert_eq!((waits(&stranger).await, waits(eva).await, waits(dele).await), (1, 0, 0), "whoever is named");
    rota::withdraw_swap(&mut asker.cx(), named.id).await.unwrap();
    let open = NewSwap { asked: None, ..ask };
    let anybody = rota::ask_swap(&mut asker.cx(), "primary", &open).await.unwrap();
    assert_eq!(
        (waits(&stranger).await, waits(eva).await, waits(dele).await),
        (0, 1, 0),
        "those who take turns, but for who asks"
    );
    rota::take_swap(&mut rota.bed.as_person(eva).await.cx(), anybody.id, None).await.unwrap();
    assert_eq!(waits(&rota.people[5]).await, 0);

    // cem has the week, then dele but for the day that eva took
    let mut call = rota.bed.as_person(dele).await;
    let mine = rota::my_next_shifts(&mut call.cx(), Limit::new(2).unwrap()).await.unwrap();
    let spans: Vec<_> = mine.iter().map(|d| (d.start.to_string(), d.end.to_string())).collect();
    assert_eq!(
        spans,
        [
            ("2026-11-23T08:00:00Z".to_owned(), "2026-11-25T08:00:00Z".to_owned()),
            ("2026-11-26T08:00:00Z".to_owned(), "2026-11-30T08:00:00Z".to_owned()),
        ]
    );
    let mut cem = rota.bed.as_person(&rota.people[2]).await;
    let now = rota::my_next_shifts(&mut cem.cx(), Limit::new(1).unwrap()).await.unwrap();
    assert!(now[0].is_at(rota.bed.now()), "the one that lasts leads");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_leaver_leaves_vacant_turns_that_are_listed_and_given_to_another(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let admin = rota.bed.admin("noor").await;
    let mut call = rota.bed.as_person(&admin).await;
    let gone = PersonEdit { active: Some(false), ..PersonEdit::default() };
    people::edit_person(&mut call.cx(), "dele", gone, None).await.unwrap();
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "vacant", "at once, before anything is renewed");
    assert_eq!(rota.on_call("primary", at("2026-12-02T12:00:00Z")).await, "eva", "nobody else's dates move");
    let mut system = rota.bed.as_system().await;
    assert_eq!(rota::renew_due(&mut system.cx()).await.unwrap(), 1);
    assert_eq!(rota::renew_due(&mut system.cx()).await.unwrap(), 0);
    rota.assert_kept_as_planned_vacant().await;
    let schedule = rota::schedule(&mut call.cx(), "primary").await.unwrap();
    let warnings = rota::warnings(&mut call.cx(), &[schedule.id]).await.unwrap();
    assert!(
        matches!(&warnings[0], rota::Warning::Vacant { person, .. } if person.handle == "dele"),
        "{warnings:?}"
    );
    let named = rota::named_in(&mut call.cx(), "dele").await.unwrap();
    assert_eq!((named.len(), named[0].layers.as_slice()), (1, &["Everybody".to_owned()][..]));
    assert!(named[0].shifts > 3 && named[0].first_shift.is_some());
    rota::replace_person(&mut call.cx(), "dele", "fay", None, "until spring").await.unwrap();
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "fay");
    assert_eq!(rota.on_call("primary", at("2026-12-02T12:00:00Z")).await, "eva");
    assert!(rota::named_in(&mut call.cx(), "dele").await.unwrap().is_empty());
    rota.assert_kept_as_planned("primary").await;
}

impl Rota {
    async fn assert_kept_as_planned_vacant(&self) {
        let mut call = self.bed.as_person(&self.people[0]).await;
        let schedule = rota::schedule(&mut call.cx(), "primary").await.unwrap();
        let week = rota::on_duty(&mut call.cx(), &schedule, at(NEXT_WEEK)).await.unwrap();
        assert_eq!((week.len(), week[0].held), (1, Held::Vacant));
        assert_eq!(week[0].person.as_ref().unwrap().handle, "dele");
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nobody_on_call_falls_back_to_the_lead_and_says_so(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let lead = rota.bed.person("rani").await;
    rota.bed.lead(&lead, &rota.team).await;
    let below = rota.bed.team_below("checkout", &rota.team).await;
    rota.create(NewSchedule { team: "basket".into(), ..schedule("empty", Vec::new()) }).await.unwrap();
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    let found = rota::on_call_of_team(&mut call.cx(), &below.slug, Purpose::OnCall, None).await.unwrap();
    assert_eq!(
        found.fallback.as_ref().map(|c| c.handle.as_str()),
        Some("rani"),
        "the lead of the team above"
    );
    assert!(found.why.last().unwrap().contains("Nobody is on call"), "{:?}", found.why);
    assert_eq!(rota.on_call("empty", rota.bed.now()).await, "gap", "the empty schedule is a gap");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn too_few_people_need_a_reason_and_it_is_kept(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let new = schedule("small", vec![turns(&["ana", "bo"])]);
    let refused = rota.create(new.clone()).await;
    let Err(Error::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems[0].field, "reason");
    assert!(problems[0].message.contains("Ana one in 2.0"), "{}", problems[0].message);
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    rota::create_schedule(&mut call.cx(), new, "two more join in January").await.unwrap();
    let (acts, _) = portolan_domain::activity::latest(&mut call.cx(), "schedule:small", 5).await.unwrap();
    assert_eq!(acts[0].note, "two more join in January");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn one_person_on_two_schedules_at_once_is_warned_of(pool: PgPool) {
    let rota = Rota::new(pool).await;
    rota.create(schedule("secondary", vec![turns(&TURNS)])).await.unwrap();
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    let schedule = rota::schedule(&mut call.cx(), "secondary").await.unwrap();
    let warnings = rota::warnings(&mut call.cx(), &[schedule.id]).await.unwrap();
    assert!(
        matches!(&warnings[0], rota::Warning::DoubleBooked { other, .. } if other.slug == "primary"),
        "{warnings:?}"
    );
    let page = rota::company_now(&mut call.cx(), &rota::ScheduleFilter::default(), None, Limit::default())
        .await
        .unwrap();
    assert_eq!(page.total, 2);
    assert_eq!(page.items[0].now[0].on_call().unwrap().handle, "cem");
    assert_eq!(page.items[1].next.as_ref().unwrap().on_call().unwrap().handle, "dele");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn strangers_read_nothing_and_others_arrange_nothing_but_their_own(pool: PgPool) {
    let rota = Rota::new(pool).await;
    let mut stranger = rota.bed.as_stranger().await;
    assert!(matches!(rota::schedule(&mut stranger.cx(), "primary").await, Err(Error::Unauthenticated)));
    let other = rota.bed.person("olga").await;
    let mut call = rota.bed.as_person(&other).await;
    let close = Edit::About(rota::ScheduleEdit { close: true, ..rota::ScheduleEdit::default() });
    assert!(matches!(
        rota::change(&mut call.cx(), "primary", &close, None, "").await,
        Err(Error::Forbidden(_))
    ));
    assert!(matches!(rota::preview(&mut call.cx(), "primary", &close).await, Err(Error::Forbidden(_))));
    let new = NewCover {
        out: Some("dele".into()),
        by: Some("olga".into()),
        start: Some(at(NEXT_WEEK)),
        end: at(NEXT_WEEK) + 4.hours(),
        reason: String::new(),
    };
    assert!(matches!(rota::add_cover(&mut call.cx(), "primary", &new).await, Err(Error::Forbidden(_))));
    let mut own = rota.bed.as_person(&rota.people[3]).await;
    rota::add_cover(&mut own.cx(), "primary", &new).await.unwrap();
    assert_eq!(rota.on_call("primary", at(NEXT_WEEK)).await, "olga", "one's own time is one's own to give");
}

/// A team with a schedule for weekends beside the one for its days: whoever is on call on either answers for the team.
#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn every_schedule_of_a_team_is_asked(pool: PgPool) {
    let rota = Rota::new(pool).await;
    sqlx::query("UPDATE schedule SET closed_at = now()").execute(&rota.pool).await.unwrap();
    let on = |slug: &str, from: Weekday, until: Weekday, who: &str| {
        let midnight = |day| rota::WallTime { day, time: jiff::civil::Time::midnight() };
        let window = rota::Window { start: midnight(from), end: midnight(until) };
        NewSchedule { coverage: Some(vec![window]), ..schedule(slug, vec![turns(&[who])]) }
    };
    let mut call = rota.bed.as_person(&rota.people[0]).await;
    for new in [
        on("days", Weekday::Monday, Weekday::Saturday, "ana"),
        on("ends", Weekday::Saturday, Weekday::Monday, "bo"),
    ] {
        rota::create_schedule(&mut call.cx(), new, "there are two of us").await.expect("a schedule");
    }
    for (when, who, why) in [("2026-11-25T12:00:00Z", "ana", 1), ("2026-11-28T12:00:00Z", "bo", 2)] {
        let found = rota::on_call_of_team(&mut call.cx(), "basket", Purpose::OnCall, Some(at(when)))
            .await
            .expect("an answer");
        assert_eq!(found.people().iter().map(|p| p.handle.as_str()).collect::<Vec<_>>(), [who], "{found:?}");
        assert!(found.fallback.is_none());
        let asked = found.why.iter().filter(|line| line.contains("asks the schedule")).count();
        assert_eq!(asked, why, "{:?}", found.why);
    }
}
