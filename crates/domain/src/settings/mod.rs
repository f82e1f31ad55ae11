//! What an admin turns in the portal. Whatever was never set has the default documented here.

mod store;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Cx, Error, Problem, Result,
    activity::{self, Act, Changed},
};

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Days until the person's name is dropped from usage events; their team stays. Default 90.
    pub usage_names_days: i64,
    /// Days after which a team is asked whether a service is still theirs; none (the default): nobody is asked.
    pub confirm_after_days: Option<i64>,
    /// How many times a month one person is asked to confirm, at most. Default 4.
    pub confirm_asks_a_month: i64,
    /// On call one in so many, or less often, is good. Default 6.
    pub load_good_one_in: i64,
    /// On call more often than one in so many needs a reason that is kept. Default 4.
    pub load_least_one_in: i64,
    /// Business-impacting pages a week up to which a team is well. Default 2.
    pub load_pages_good: i64,
    /// Business-impacting pages a week beyond which it is not sustainable. Default 5.
    pub load_pages_most: i64,
    /// Percent of judged pages that are false alarms, from which on they hide the truth. Default 30.
    pub load_false_alarms_most: i64,
    /// Percent of a team's time in on-call and support above which improvement is crowded out. Default 40.
    pub load_essential_warn: i64,
    /// Percent above which it is an alarm. Default 50.
    pub load_essential_alarm: i64,
    /// The annotation of a team's descriptor that says who pays for what it gets. Default `portolan.dev/cost-centre`.
    pub cost_centre_annotation: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            usage_names_days: 90,
            confirm_after_days: None,
            confirm_asks_a_month: 4,
            load_good_one_in: 6,
            load_least_one_in: 4,
            load_pages_good: 2,
            load_pages_most: 5,
            load_false_alarms_most: 30,
            load_essential_warn: 40,
            load_essential_alarm: 50,
            cost_centre_annotation: "portolan.dev/cost-centre".into(),
        }
    }
}

const NAMES: &str = "usage.names-days";
const AFTER: &str = "ownership.confirm-after-days";
const ASKS: &str = "ownership.confirm-asks-a-month";
const GOOD: &str = "on-call.good-one-in";
const LEAST: &str = "on-call.least-one-in";
const PAGES_GOOD: &str = "on-call.pages-a-week-good";
const PAGES_MOST: &str = "on-call.pages-a-week-most";
const FALSE_ALARMS_MOST: &str = "on-call.false-alarms-percent-most";
const ESSENTIAL_WARN: &str = "on-call.essential-percent-warn";
const ESSENTIAL_ALARM: &str = "on-call.essential-percent-alarm";
const COST_CENTRE: &str = "provisioning.cost-centre-annotation";
/// Longest name of an annotation.
const LONGEST: usize = 200;

impl Settings {
    /// From what is stored; a value of the wrong shape counts as not set.
    fn from_rows(rows: &[(String, Value)]) -> Self {
        let number = |key: &str| rows.iter().find(|(k, _)| k == key).and_then(|(_, v)| v.as_i64());
        let text = |key: &str| rows.iter().find(|(k, _)| k == key).and_then(|(_, v)| v.as_str());
        let default = Self::default();
        Self {
            usage_names_days: number(NAMES).unwrap_or(default.usage_names_days),
            confirm_after_days: number(AFTER),
            confirm_asks_a_month: number(ASKS).unwrap_or(default.confirm_asks_a_month),
            load_good_one_in: number(GOOD).unwrap_or(default.load_good_one_in),
            load_least_one_in: number(LEAST).unwrap_or(default.load_least_one_in),
            load_pages_good: number(PAGES_GOOD).unwrap_or(default.load_pages_good),
            load_pages_most: number(PAGES_MOST).unwrap_or(default.load_pages_most),
            load_false_alarms_most: number(FALSE_ALARMS_MOST).unwrap_or(default.load_false_alarms_most),
            load_essential_warn: number(ESSENTIAL_WARN).unwrap_or(default.load_essential_warn),
            load_essential_alarm: number(ESSENTIAL_ALARM).unwrap_or(default.load_essential_alarm),
            cost_centre_annotation: text(COST_CENTRE).map_or(default.cost_centre_annotation, str::to_owned),
        }
    }

    fn rows(&self) -> [(&'static str, Value); 11] {
        [
            (NAMES, json!(self.usage_names_days)),
            (AFTER, json!(self.confirm_after_days)),
            (ASKS, json!(self.confirm_asks_a_month)),
            (GOOD, json!(self.load_good_one_in)),
            (LEAST, json!(self.load_least_one_in)),
            (PAGES_GOOD, json!(self.load_pages_good)),
            (PAGES_MOST, json!(self.load_pages_most)),
            (FALSE_ALARMS_MOST, json!(self.load_false_alarms_most)),
            (ESSENTIAL_WARN, json!(self.load_essential_warn)),
            (ESSENTIAL_ALARM, json!(self.load_essential_alarm)),
            (COST_CENTRE, json!(self.cost_centre_annotation)),
        ]
    }

    fn check(&self) -> Result<()> {
        let mut problems = Vec::new();
        let mut within = |field: &str, value: i64, low: i64, high: i64| {
            if !(low..=high).contains(&value) {
                problems
                    .push(Problem { field: field.into(), message: format!("must be from {low} to {high}") });
            }
        };
        within("usage_names_days", self.usage_names_days, 1, 3650);
        if let Some(days) = self.confirm_after_days {
            within("confirm_after_days", days, 30, 3650);
        }
        within("confirm_asks_a_month", self.confirm_asks_a_month, 1, 30);
        within("load_least_one_in", self.load_least_one_in, 1, 52);
        within("load_good_one_in", self.load_good_one_in, self.load_least_one_in.max(1), 52);
        within("load_pages_good", self.load_pages_good, 0, 100);
        within("load_pages_most", self.load_pages_most, self.load_pages_good.max(0), 100);
        within("load_false_alarms_most", self.load_false_alarms_most, 1, 100);
        within("load_essential_warn", self.load_essential_warn, 1, 100);
        within("load_essential_alarm", self.load_essential_alarm, self.load_essential_warn.max(1), 100);
        let name = &self.cost_centre_annotation;
        if name.is_empty()
            || name.len() > LONGEST
            || name.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            problems.push(Problem {
                field: "cost_centre_annotation".into(),
                message: "must be the name of an annotation, such as example.org/cost-centre".into(),
            });
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
    }
}

/// The settings in force, for admins.
pub async fn show(cx: &mut Cx<'_>) -> Result<Settings> {
    cx.admin()?;
    read(cx).await
}

/// The settings in force, for a page that tells everybody where the lines are. Everyone signed in may know them.
pub async fn lines(cx: &mut Cx<'_>) -> Result<Settings> {
    cx.reader()?;
    read(cx).await
}

/// The settings in force, for operations that depend on them.
pub(crate) async fn read(cx: &mut Cx<'_>) -> Result<Settings> {
    Ok(Settings::from_rows(&store::all(cx).await?))
}

/// Turns settings; admins only.
pub async fn change(cx: &mut Cx<'_>, new: Settings) -> Result<Settings> {
    cx.admin()?;
    new.check()?;
    cx.atomically(async |cx| {
        let old = read(cx).await?;
        let changes: Vec<_> = old
            .rows()
            .into_iter()
            .zip(new.rows())
            .filter(|((_, from), (_, to))| from != to)
            .map(|((key, from), (_, to))| Changed::new(key, from, to))
            .collect();
        if changes.is_empty() {
            return Ok(old);
        }
        for change in &changes {
            store::put(cx, &change.field, &change.to).await?;
        }
        activity::record(cx, Act { changes, ..Act::new("settings.changed", "portal:settings") }).await?;
        Ok(new)
    })
    .await
}
