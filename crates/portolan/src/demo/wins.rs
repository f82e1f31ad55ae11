//! What Fairhaven's teams wrote of themselves for a year, as the files in `wins/` tell it: one for each team, and one for each level
//! above that chose of it. Cycles are counted back from the one that is being written up when the company is loaded.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result, bail};
use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use portolan_domain::{
    Actor, Cx, Limit, PublicationId, WinsEntryId, people,
    wins::{
        self, Audience, Closing, Cycle, Entry, EntryEdit, Kind, LETTER, NewEntry, NewMember, NewPlan, Number,
        Sensitivity, SheetEdit, Topic, Update, Words,
    },
    work::{self, Room},
};
use serde::Deserialize;

use super::{actor, list, read};

/// The company's days.
const ZONE: &str = "Europe/Amsterdam";
/// The top of the tree.
const ROOT: &str = "fairhaven";
/// Levels that only stand between: a department hands to the company.
const BETWEEN: &[&str] = &["shopping", "operations", "technology"];
/// Who chooses, after those who write: the nearer the teams, the earlier.
const DEPARTMENTS: &[&str] = &["commerce", "customers", "logistics", "platform"];
/// Who writes.
const TEAMS: &[&str] = &[
    "basket",
    "ledger",
    "storefront",
    "pricing",
    "search",
    "accounts",
    "care",
    "recipes",
    "delivery",
    "stock",
    "runtime",
    "data-platform",
];
/// Letters of one cycle at most.
const MOST_LETTERS: i64 = 200;
/// The longest lease of a letter; the story is told at once.
const LEASE: SignedDuration = SignedDuration::from_hours(1);

/// What holds for the whole year.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Setup {
    /// The first cycle,
    first: i64,
    /// and the one that is being written up.
    last: i64,
    deputies: Vec<Deputy>,
    glossary: Vec<Short>,
    lists: Vec<Readers>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deputy {
    team: String,
    by: String,
    who: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Short {
    team: String,
    by: String,
    short: String,
    long: String,
}

/// A list of those who are sent what a team publishes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Readers {
    team: String,
    by: String,
    since: i64,
    name: String,
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    outside: Vec<Outside>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outside {
    address: String,
    /// The admin who let it in; none: it waits.
    allowed_by: Option<String>,
}

/// What one team did in one cycle. A cycle that is not told, or missed, was not handed up.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "what a file says: each is left out where it is not so")]
struct Told {
    ago: i64,
    /// Who wrote it; none: the lead.
    by: Option<String>,
    /// Who was asked to write this one.
    delegate: Option<String>,
    /// So many hours after it was due.
    late: Option<i64>,
    quiet: bool,
    missed: bool,
    /// It is being written.
    open: bool,
    /// What it publishes is for everybody.
    everyone: bool,
    /// What stands above it.
    intro: Option<String>,
    /// What the team wrote,
    tells: Vec<Tell>,
    /// or chose of what was handed to it.
    lines: Vec<Chosen>,
    /// Challenges that ended otherwise than by a win.
    ends: Vec<End>,
    /// What members jotted down, and what waits since.
    jots: Vec<Jot>,
    /// What was said of it after it was published.
    addendum: String,
}

/// A win or a challenge.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tell {
    win: Option<String>,
    chal: Option<String>,
    /// How it was,
    was: String,
    /// what was done,
    did: String,
    /// and what came of it.
    got: String,
    /// `what | value | unit` or `what | before → value | unit`, with a semicolon between two.
    numbers: String,
    topic: Option<String>,
    sensitivity: Option<String>,
    /// Handles, with spaces between.
    who: String,
    /// Components; other kinds are written like `api:orders-v1`.
    about: String,
    /// Teams that it names,
    names: String,
    /// and what one of them said to it: a handle, `attach` if it goes with it, words.
    answer: String,
    /// What later cycles call this challenge.
    key: Option<String>,
    /// The challenge that this tells again.
    again: Option<String>,
    /// The challenge that this win ends,
    solves: Option<String>,
    /// and why that one is over.
    note: String,
}

/// A line that a level above made of what was handed to it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Chosen {
    /// Of which entries, like `basket/1`: the first that the team tells in this cycle.
    of: String,
    say: String,
    was: String,
    did: String,
    /// What came of it; none: as those said who did it.
    got: Option<String>,
    /// What readers said: `thanks`, `ask` or `answer`, who, words.
    words: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    key: String,
    how: String,
    note: String,
}

#[derive(Debug, Deserialize)]
struct Jot {
    by: String,
    days: i64,
    #[serde(flatten)]
    tell: Tell,
}

/// The days of the year: the cycle that is being written up was due for teams on the last working day, and the levels above have the
/// next ones, so that the company is always in the middle of it.
struct Calendar {
    zone: TimeZone,
    /// First day of the cycle that is being written up.
    anchor: Date,
    /// When teams had to hand it up.
    due: Timestamp,
    plan: NewPlan,
}

impl Calendar {
    fn new(now: Timestamp) -> Result<Self> {
        let zone = TimeZone::get(ZONE)?;
        let today = now.to_zoned(zone.clone()).date();
        let teams = working_day(today, -1)?;
        let departments = working_day(today, 1)?;
        let company = working_day(departments, 1)?;
        let published = working_day(company, 1)?;
        // two whole weeks that ended on the Sunday before
        let anchor = teams
            .checked_sub(i64::from(teams.weekday().to_monday_zero_offset()).days())?
            .checked_sub(14.days())?;
        let mut plan = NewPlan::usual("Wins and challenges", ROOT, anchor, ZONE);
        for (level, day) in plan.levels.iter_mut().zip([teams, departments, company]) {
            level.due = format!("{} 15:00", short(day));
        }
        plan.publish_at = format!("{} 09:00", short(published));
        plan.left_out = BETWEEN.iter().map(|slug| ((*slug).to_owned(), false)).collect();
        let due = teams.at(15, 0, 0, 0).to_zoned(zone.clone())?.timestamp();
        Ok(Self { zone, anchor, due, plan })
    }

    fn starts_on(&self, ago: i64) -> Result<Date> {
        Ok(self.anchor.checked_sub((14 * ago).days())?)
    }
}

/// The nearest day before or after that people work on.
fn working_day(day: Date, step: i64) -> Result<Date> {
    let mut day = day.checked_add(step.days())?;
    while matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        day = day.checked_add(step.days())?;
    }
    Ok(day)
}

fn short(day: Date) -> &'static str {
    match day.weekday() {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

/// The year as it is told, one cycle after the other.
pub(super) struct Year {
    now: Timestamp,
    setup: Setup,
    calendar: Calendar,
    told: HashMap<(&'static str, i64), Told>,
    leads: HashMap<String, String>,
    people: HashMap<String, Actor>,
    /// Challenges by team and word, as they were told last.
    challenges: HashMap<(&'static str, String), WinsEntryId>,
}

/// The cycle that is told.
struct Turn {
    ago: i64,
    cycle: Cycle,
    updates: HashMap<String, Update>,
    /// What was handed up, by team and summary.
    entries: HashMap<(String, String), Entry>,
    /// What is said of lines after they are published: the team whose line it is, the line, the words.
    words: Vec<(&'static str, WinsEntryId, Vec<String>)>,
}

impl Year {
    pub(super) fn new(now: Timestamp) -> Result<Self> {
        let mut told = HashMap::new();
        for team in TEAMS.iter().chain(DEPARTMENTS).chain(&[ROOT]) {
            for one in list::<Told>(&format!("wins/{team}.yaml"))? {
                told.insert((*team, one.ago), one);
            }
        }
        Ok(Self {
            now,
            setup: serde_saphyr::from_str(&read("wins/setup.yaml")?).context("wins/setup.yaml")?,
            calendar: Calendar::new(now)?,
            told,
            leads: HashMap::new(),
            people: HashMap::new(),
            challenges: HashMap::new(),
        })
    }

    /// When which cycle is told: on the day on which its teams hand up.
    pub(super) fn events(&self) -> Result<Vec<(Timestamp, i64)>> {
        let due = self.calendar.due.to_zoned(self.calendar.zone.clone());
        (self.setup.last..=self.setup.first)
            .map(|ago| Ok((due.checked_sub((14 * ago).days())?.timestamp(), ago)))
            .collect()
    }

    /// One cycle from its first entry until it is published.
    pub(super) async fn happen(&mut self, cx: &mut Cx<'_>, ago: i64) -> Result<()> {
        if ago == self.setup.first {
            self.begin(cx).await.context("how the year began")?;
        }
        let mut turn = self.open(cx, ago).await?;
        for team in TEAMS {
            self.write(cx, &mut turn, team)
                .await
                .with_context(|| format!("what {team} wrote, {ago} cycles ago"))?;
        }
        for level in DEPARTMENTS.iter().chain(&[ROOT]) {
            self.choose(cx, &mut turn, level)
                .await
                .with_context(|| format!("what {level} chose, {ago} cycles ago"))?;
        }
        for at in 0..self.setup.lists.len() {
            if self.setup.lists[at].since == ago {
                self.make_list(cx, at, &turn).await.context("a list of readers")?;
            }
        }
        if ago > self.setup.last {
            self.publish(cx, &turn).await.context("how it was published")?;
        }
        Ok(())
    }

    /// What the worker would have done by now.
    pub(super) async fn catch_up(&self, cx: &mut Cx<'_>) -> Result<()> {
        let system = Actor::system();
        wins::turn(&mut cx.acting_at(&system, self.now)).await?;
        Ok(())
    }

    async fn begin(&mut self, cx: &mut Cx<'_>) -> Result<()> {
        let first = self.calendar.starts_on(self.setup.first)?;
        let at = first.at(0, 5, 0, 0).to_zoned(self.calendar.zone.clone())?.timestamp();
        let system = Actor::system();
        let cx = &mut cx.acting_at(&system, at);
        wins::create_plan(cx, &self.calendar.plan).await?;
        let org = people::org(cx).await?;
        self.leads = org.into_iter().filter_map(|team| Some((team.slug, team.lead_handle?))).collect();
        for at_deputy in 0..self.setup.deputies.len() {
            let by = self.person(cx, &self.setup.deputies[at_deputy].by.clone()).await?;
            let Deputy { team, who, .. } = &self.setup.deputies[at_deputy];
            wins::set_deputy(&mut cx.acting_at(&by, at), team, Some(who)).await?;
        }
        for at_short in 0..self.setup.glossary.len() {
            let by = self.person(cx, &self.setup.glossary[at_short].by.clone()).await?;
            let Short { team, short, long, .. } = &self.setup.glossary[at_short];
            wins::put_term(&mut cx.acting_at(&by, at), team, short, long).await?;
        }
        wins::turn(cx).await?;
        Ok(())
    }

    /// Its updates; it was opened when the one before was published.
    async fn open(&mut self, cx: &mut Cx<'_>, ago: i64) -> Result<Turn> {
        let starts_on = self.calendar.starts_on(ago)?;
        let top = self.lead(cx, ROOT).await?;
        let at = starts_on.at(9, 0, 0, 0).to_zoned(self.calendar.zone.clone())?.timestamp();
        let cx = &mut cx.acting_at(&top, at);
        let cycles = wins::cycles(cx, None, Limit::default()).await?;
        let cycle =
            cycles.items.into_iter().find(|one| one.starts_on == starts_on).context("it was not opened")?;
        let updates = wins::updates_of(cx, cycle.id, None, Limit::new(Limit::MAX)?).await?;
        let updates = updates.items.into_iter().map(|update| (update.team.slug.clone(), update)).collect();
        Ok(Turn { ago, cycle, updates, entries: HashMap::new(), words: Vec::new() })
    }

    /// A team writes, and hands up.
    async fn write(&mut self, cx: &mut Cx<'_>, turn: &mut Turn, team: &'static str) -> Result<()> {
        let Some(told) = self.told.remove(&(team, turn.ago)) else { return Ok(()) };
        if told.missed {
            return Ok(());
        }
        let update = turn.updates.get(team).context("it takes no part")?.clone();
        let at = self.at(&update, &told, turn.ago);
        let writer = self.writer(cx, &update, &told, at).await?;
        for jot in &told.jots {
            let by = self.person(cx, &jot.by).await?;
            let new = jot.tell.as_new(team)?;
            let at = self.now - SignedDuration::from_hours(24 * jot.days);
            wins::jot(&mut cx.acting_at(&by, at), new).await?;
        }
        let cx = &mut cx.acting_at(&writer, at);
        for end in &told.ends {
            let id = self.challenge(team, &end.key)?;
            wins::close_challenge(cx, id, end.how.parse()?, &end.note).await?;
        }
        if told.quiet {
            wins::quiet(cx, update.id, None, false).await?;
            return Ok(());
        }
        let mut edit = SheetEdit { intro: told.intro.clone(), ..SheetEdit::default() };
        for tell in &told.tells {
            if let Some(word) = &tell.again {
                let entry = wins::tell_again(cx, self.challenge(team, word)?, update.id).await?;
                self.challenges.insert((team, word.clone()), entry.id);
                let teams = (!tell.names.is_empty()).then(|| tell.teams());
                let words = Some(tell.words()?);
                edit.entries.push((entry.id, EntryEdit { words, teams, ..EntryEdit::default() }, None));
            } else if let Some(word) = &tell.solves {
                let id = self.challenge(team, word)?;
                let draft = wins::close_challenge(cx, id, Closing::Solved, &tell.note).await?;
                let draft = draft.context("what was solved is not offered as a win")?;
                wins::choose(cx, update.id, &[draft], None).await?;
                edit.entries.push((draft, tell.as_edit()?, None));
            } else {
                edit.new.push(tell.as_new(team)?);
            }
        }
        wins::save(cx, update.id, edit).await?;
        if told.open {
            return Ok(());
        }
        wins::submit(cx, update.id, None).await?;
        let sheet = wins::sheet(cx, update.id).await?;
        let entries = sheet.wins.into_iter().chain(sheet.challenges).map(|checked| checked.entry);
        let by_summary: HashMap<_, _> = entries.map(|entry| (entry.words.summary.clone(), entry)).collect();
        for tell in &told.tells {
            let (_, summary) = tell.head()?;
            let entry = by_summary.get(summary).context("what was written is not there")?;
            if let Some(word) = &tell.key {
                self.challenges.insert((team, word.clone()), entry.id);
            }
            if !tell.answer.is_empty() {
                self.answer(cx, &writer, at, entry, tell)
                    .await
                    .with_context(|| format!("the answer to {summary:?}"))?;
            }
            turn.entries.insert((team.to_owned(), summary.to_owned()), entry.clone());
        }
        self.told.insert((team, turn.ago), told);
        Ok(())
    }

    /// A team that a challenge names says something to it.
    async fn answer(
        &mut self,
        cx: &mut Cx<'_>,
        writer: &Actor,
        at: Timestamp,
        entry: &Entry,
        tell: &Tell,
    ) -> Result<()> {
        let (by, rest) = tell.answer.split_once(' ').context("who answers what?")?;
        let (text, attached) = rest.strip_prefix("attach ").map_or((rest, false), |text| (text, true));
        let by = self.person(cx, by).await?;
        let later = at + SignedDuration::from_mins(95);
        let team = tell.names.as_str();
        wins::answer_naming(&mut cx.acting_at(&by, later), entry.id, team, text).await?;
        if attached {
            let later = later + SignedDuration::from_mins(20);
            wins::attach_answer(&mut cx.acting_at(writer, later), entry.id, team, true).await?;
        }
        Ok(())
    }

    /// A level chooses of what was handed to it, writes it anew, and hands up.
    async fn choose(&mut self, cx: &mut Cx<'_>, turn: &mut Turn, level: &'static str) -> Result<()> {
        let Some(told) = self.told.remove(&(level, turn.ago)) else { return Ok(()) };
        if told.missed {
            return Ok(());
        }
        let update = turn.updates.get(level).context("it takes no part")?.clone();
        let at = self.at(&update, &told, turn.ago);
        let writer = self.writer(cx, &update, &told, at).await?;
        let cx = &mut cx.acting_at(&writer, at);
        if told.everyone {
            wins::set_audience(cx, update.id, Audience::Everyone).await?;
        }
        if told.quiet {
            wins::quiet(cx, update.id, None, false).await?;
            return Ok(());
        }
        if told.lines.is_empty() {
            return Ok(());
        }
        let origins = told.lines.iter().map(|line| self.origins(turn, line)).collect::<Result<Vec<_>>>()?;
        // what becomes one line first, so that there is room for the others
        let mut made: BTreeMap<usize, Entry> = BTreeMap::new();
        for (nth, ids) in origins.iter().enumerate().filter(|(_, ids)| ids.len() > 1) {
            let lifted = wins::lift(cx, update.id, ids).await?;
            let mut into = lifted.first().context("nothing was lifted")?.clone();
            for other in &lifted[1..] {
                into = wins::merge(cx, into.id, other.id).await?;
            }
            made.insert(nth, into);
        }
        let alone: Vec<_> = origins.iter().enumerate().filter(|(_, ids)| ids.len() == 1).collect();
        let ids: Vec<_> = alone.iter().map(|(_, ids)| ids[0]).collect();
        if !ids.is_empty() {
            let lifted = wins::lift(cx, update.id, &ids).await?;
            made.extend(alone.iter().map(|(nth, _)| *nth).zip(lifted));
        }
        let mut edit = SheetEdit {
            intro: told.intro.clone(),
            order: made.values().map(|line| line.id).collect(),
            ..SheetEdit::default()
        };
        for (line, entry) in told.lines.iter().zip(made.values_mut()) {
            entry.words = line.words(&entry.words);
            let words = Some(entry.words.clone());
            edit.entries.push((entry.id, EntryEdit { words, ..EntryEdit::default() }, None));
        }
        wins::save(cx, update.id, edit).await?;
        if told.open {
            return Ok(());
        }
        wins::submit(cx, update.id, None).await?;
        for (line, entry) in told.lines.iter().zip(made.into_values()) {
            if !line.words.is_empty() {
                turn.words.push((level, entry.id, line.words.clone()));
            }
            turn.entries.insert((level.to_owned(), line.say.clone()), entry);
        }
        self.told.insert((level, turn.ago), told);
        Ok(())
    }

    /// The entries that a line is made of.
    fn origins(&self, turn: &Turn, line: &Chosen) -> Result<Vec<WinsEntryId>> {
        line.of
            .split_whitespace()
            .map(|one| {
                let (team, nth) = one.split_once('/').with_context(|| format!("{one:?} is no entry"))?;
                let nth: usize = nth.parse()?;
                let told = self.told.iter().find(|((slug, ago), _)| *slug == team && *ago == turn.ago);
                let told = told.with_context(|| format!("{team} handed nothing up"))?.1;
                let tell = told
                    .tells
                    .get(nth - 1)
                    .map(|tell| tell.head().map(|(_, summary)| summary))
                    .transpose()?;
                let said = tell.or_else(|| told.lines.get(nth - 1).map(|line| line.say.as_str()));
                let key = (team.to_owned(), said.with_context(|| format!("there is no {one}"))?.to_owned());
                Ok(turn.entries.get(&key).with_context(|| format!("{one} was not handed up"))?.id)
            })
            .collect()
    }

    /// Someone is to be sent what a team publishes.
    async fn make_list(&mut self, cx: &mut Cx<'_>, nth: usize, turn: &Turn) -> Result<()> {
        let by = self.person(cx, &self.setup.lists[nth].by.clone()).await?;
        let at = turn.cycle.publish_at - SignedDuration::from_hours(20);
        let made = {
            let readers = &self.setup.lists[nth];
            let cx = &mut cx.acting_at(&by, at);
            let made = wins::create_list(cx, &readers.team, &readers.name).await?;
            for person in &readers.people {
                wins::add_to_list(cx, made.id, &NewMember::Person(person.clone())).await?;
            }
            made
        };
        for nth_outside in 0..self.setup.lists[nth].outside.len() {
            let Outside { address, allowed_by } = &self.setup.lists[nth].outside[nth_outside];
            let who = NewMember::Outside(address.clone());
            let member = wins::add_to_list(&mut cx.acting_at(&by, at), made.id, &who).await?;
            if let Some(admin) = allowed_by.clone() {
                let admin = self.person(cx, &admin).await?;
                let later = at + SignedDuration::from_mins(50);
                wins::allow_address(&mut cx.acting_at(&admin, later), member.id).await?;
            }
        }
        Ok(())
    }

    /// The cycle is closed, its letters arrive, and readers say something to it.
    async fn publish(&mut self, cx: &mut Cx<'_>, turn: &Turn) -> Result<()> {
        let (system, at) = (Actor::system(), turn.cycle.publish_at);
        {
            let cx = &mut cx.acting_at(&system, at);
            wins::turn(cx).await?;
            for claim in work::claim(cx, &[Room { kind: LETTER, jobs: MOST_LETTERS }], LEASE).await? {
                wins::letter_sent(cx, &serde_json::from_value(claim.payload.clone())?).await?;
                work::finish(cx, &claim).await?;
            }
        }
        for (level, line, words) in &turn.words {
            let id = self.publication(cx, turn, level).await?;
            for (nth, word) in (1i64..).zip(words) {
                let later = at + SignedDuration::from_mins(70 * nth);
                self.say(cx, id, *line, word, later).await.with_context(|| word.clone())?;
            }
        }
        let told = self.told.iter().filter(|((_, ago), told)| *ago == turn.ago && !told.addendum.is_empty());
        let added: Vec<_> = told.map(|((level, _), told)| (*level, told.addendum.clone())).collect();
        for (level, text) in added {
            let id = self.publication(cx, turn, level).await?;
            let by = self.lead(cx, level).await?;
            let later = at + SignedDuration::from_hours(49);
            wins::add_addendum(&mut cx.acting_at(&by, later), id, &text).await?;
        }
        Ok(())
    }

    async fn publication(&mut self, cx: &mut Cx<'_>, turn: &Turn, level: &str) -> Result<PublicationId> {
        let by = self.lead(cx, level).await?;
        let cx = &mut cx.acting_at(&by, turn.cycle.publish_at);
        Ok(wins::publication(cx, level, &turn.cycle.slug).await?.id)
    }

    async fn say(
        &mut self,
        cx: &mut Cx<'_>,
        id: PublicationId,
        line: WinsEntryId,
        word: &str,
        at: Timestamp,
    ) -> Result<()> {
        let mut parts = word.splitn(3, ' ');
        let (Some(kind), Some(by), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
            bail!("who says what?")
        };
        let by = self.person(cx, by).await?;
        let cx = &mut cx.acting_at(&by, at);
        match kind {
            "thanks" => wins::thank(cx, id, line, text).await?,
            "ask" => wins::ask(cx, id, line, text).await?,
            "answer" => wins::answer_question(cx, id, line, text).await?,
            other => bail!("{other:?} is no word"),
        };
        Ok(())
    }

    /// When an update was handed up, or last written.
    fn at(&self, update: &Update, told: &Told, ago: i64) -> Timestamp {
        // not all of them at one time: the more often teams write, the more their hours differ
        let before = (i64::try_from(update.team.slug.len()).unwrap_or(0) * 37 + ago * 23) % 280 + 20;
        let before = if update.level == 0 { before } else { before % 90 + 15 };
        let at = match told.late {
            Some(hours) => update.due_at + SignedDuration::from_hours(hours),
            None => update.due_at - SignedDuration::from_mins(before),
        };
        at.min(self.now - SignedDuration::from_mins(if update.level == 0 { 60 } else { 40 }))
    }

    /// Who writes an update; whoever leads the team asks them, if they were asked.
    async fn writer(
        &mut self,
        cx: &mut Cx<'_>,
        update: &Update,
        told: &Told,
        at: Timestamp,
    ) -> Result<Actor> {
        if let Some(by) = &told.by {
            return self.person(cx, by).await;
        }
        let lead = self.lead(cx, &update.team.slug).await?;
        let Some(asked) = &told.delegate else { return Ok(lead) };
        let before = at - SignedDuration::from_hours(20);
        wins::delegate(&mut cx.acting_at(&lead, before), update.id, Some(asked)).await?;
        self.person(cx, asked).await
    }

    fn challenge(&self, team: &'static str, word: &str) -> Result<WinsEntryId> {
        let id = self.challenges.get(&(team, word.to_owned())).copied();
        id.with_context(|| format!("{team} never told of {word:?}"))
    }

    async fn lead(&mut self, cx: &mut Cx<'_>, team: &str) -> Result<Actor> {
        let handle = self.leads.get(team).with_context(|| format!("nobody leads {team}"))?.clone();
        self.person(cx, &handle).await
    }

    async fn person(&mut self, cx: &mut Cx<'_>, handle: &str) -> Result<Actor> {
        if let Some(known) = self.people.get(handle) {
            return Ok(known.clone());
        }
        let person = actor(cx, handle, self.now).await?;
        self.people.insert(handle.to_owned(), person.clone());
        Ok(person)
    }
}

impl Tell {
    fn head(&self) -> Result<(Kind, &str)> {
        match (&self.win, &self.chal) {
            (Some(summary), None) => Ok((Kind::Win, summary)),
            (None, Some(summary)) => Ok((Kind::Challenge, summary)),
            _ => bail!("an entry is a win or a challenge"),
        }
    }

    fn words(&self) -> Result<Words> {
        Ok(Words {
            summary: self.head()?.1.to_owned(),
            situation: self.was.clone(),
            action: self.did.clone(),
            result: self.got.clone(),
            numbers: self
                .numbers
                .split(';')
                .filter(|text| !text.trim().is_empty())
                .map(number)
                .collect::<Result<_>>()?,
        })
    }

    fn topic(&self) -> Result<Option<Topic>> {
        Ok(self.topic.as_deref().map(str::parse).transpose()?)
    }

    fn sensitivity(&self) -> Result<Option<Sensitivity>> {
        Ok(self.sensitivity.as_deref().map(str::parse).transpose()?)
    }

    fn about(&self) -> Vec<String> {
        let full = |name: &str| match name.split_once(':') {
            Some((kind, name)) => format!("{kind}:default/{name}"),
            None => format!("component:default/{name}"),
        };
        self.about.split_whitespace().map(full).collect()
    }

    fn teams(&self) -> Vec<String> {
        self.names.split_whitespace().map(str::to_owned).collect()
    }

    fn as_new(&self, team: &str) -> Result<NewEntry> {
        Ok(NewEntry {
            team: team.to_owned(),
            kind: Some(self.head()?.0),
            words: self.words()?,
            topic: self.topic()?,
            sensitivity: self.sensitivity()?,
            credits: self.who.split_whitespace().map(str::to_owned).collect(),
            about: self.about(),
            teams: self.teams(),
            source_link: String::new(),
        })
    }

    fn as_edit(&self) -> Result<EntryEdit> {
        let new = self.as_new("")?;
        Ok(EntryEdit {
            words: Some(new.words),
            topic: Some(new.topic),
            sensitivity: new.sensitivity,
            credits: Some(new.credits),
            about: Some(new.about),
            ..EntryEdit::default()
        })
    }
}

impl Chosen {
    /// What it says at this level: shorter, for people who were not there. Figures stay.
    fn words(&self, below: &Words) -> Words {
        Words {
            summary: self.say.clone(),
            situation: self.was.clone(),
            action: self.did.clone(),
            result: self.got.clone().unwrap_or_else(|| below.result.clone()),
            numbers: below.numbers.clone(),
        }
    }
}

fn number(text: &str) -> Result<Number> {
    let mut parts = text.split('|').map(str::trim);
    let (Some(what), Some(value), unit, None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        bail!("{text:?} is no figure")
    };
    let (before, value) = match value.split_once('→') {
        Some((before, value)) => (Some(before.trim().to_owned()), value.trim()),
        None => (None, value),
    };
    Ok(Number { what: what.into(), before, value: value.into(), unit: unit.unwrap_or_default().into() })
}
