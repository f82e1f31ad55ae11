//! What Fairhaven's teams got by themselves, as `provisioning.yaml` tells it. The requests and runs are real ones of their
//! day; what their steps said is told, because nothing is made while a story is loaded.

use anyhow::{Context as _, Result, bail};
use jiff::{SignedDuration, Timestamp};
use portolan_domain::{
    Actor, Cx,
    provisioning::{self, Blame, Came, Executors, Failure, NewRequest, RUN, Turn},
    sealing::SealingKey,
    work::{self, Room},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Files, actor, list, read, story::Ago};

/// The longest lease; the story is told at once.
const LEASE: SignedDuration = SignedDuration::from_hours(1);
/// Steps of one run at most.
const MOST: usize = 50;

/// Something that was asked for, and what came of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Made {
    pub(super) at: Ago,
    by: String,
    team: String,
    offering: String,
    #[serde(default)]
    params: Map<String, Value>,
    #[serde(default)]
    environment: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    reason: String,
    /// Who agreed, in order.
    #[serde(default)]
    agreed: Vec<String>,
    /// How long the run was at it.
    took: Option<jiff::SignedDuration>,
    /// Whose fault it was that it failed.
    fails: Option<Blame>,
    #[serde(default)]
    why: String,
    #[serde(default)]
    next: String,
    satisfaction: Option<i16>,
}

/// The offerings, as they were at first: what is deprecated today was for everybody then.
pub(super) async fn offer(cx: &mut Cx<'_>, executors: &Executors, at_first: bool) -> Result<()> {
    let mut names: Vec<_> = Files::iter().filter(|name| name.starts_with("offerings/")).collect();
    names.sort();
    for name in names {
        let mut text = read(&name)?;
        if at_first {
            text = text.replace("stage: deprecated\n  replacement: postgres-database\n", "stage: general\n");
        }
        provisioning::write_offering(cx, &text, executors).await.with_context(|| name.to_string())?;
    }
    Ok(())
}

/// All of it, in no order.
pub(super) fn events(now: Timestamp) -> Result<Vec<(Timestamp, Made)>> {
    Ok(list::<Made>("provisioning.yaml")?.into_iter().map(|made| (made.at.before(now), made)).collect())
}

impl Made {
    /// What it is, for whoever wrote it down wrongly.
    pub(super) fn what(&self) -> String {
        format!("what {} asked of {}", self.by, self.offering)
    }

    pub(super) async fn happen(&self, cx: &mut Cx<'_>, at: Timestamp) -> Result<()> {
        let asker = actor(cx, &self.by, at).await?;
        let new = NewRequest {
            offering: self.offering.clone(),
            team: self.team.clone(),
            service: self.service.clone(),
            environment: self.environment.clone(),
            cost_centre: String::new(),
            reason: self.reason.clone(),
            params: self.params.clone(),
        };
        // the story hands out no secret: nothing is ever sealed with this key
        let key = SealingKey::new([0; 32]);
        let request = provisioning::submit(&mut cx.acting_at(&asker, at), Some(&key), new, None).await?;
        for by in &self.agreed {
            let agreed_at = at + SignedDuration::from_mins(35);
            let who = actor(cx, by, agreed_at).await?;
            let cx = &mut cx.acting_at(&who, agreed_at);
            let id = provisioning::approval_of(cx, request.number, None).await?;
            provisioning::decide(cx, request.number, id, true, "")
                .await
                .with_context(|| format!("{by} agrees"))?;
        }
        let system = Actor::system();
        let begin = at
            + if self.agreed.is_empty() {
                SignedDuration::from_secs(2)
            } else {
                SignedDuration::from_mins(36)
            };
        self.run(&mut cx.acting_at(&system, begin)).await?;
        if let Some(satisfaction) = self.satisfaction {
            let later = begin + SignedDuration::from_hours(2);
            provisioning::rate(&mut cx.acting_at(&asker, later), request.number, satisfaction, "").await?;
        }
        Ok(())
    }

    /// The worker's side: each step takes its share of the time, and says what the story says.
    async fn run(&self, cx: &mut Cx<'_>) -> Result<()> {
        let system = Actor::system();
        let mut now = cx.now();
        for _ in 0..MOST {
            let cx = &mut cx.acting_at(&system, now);
            let rooms = [Room { kind: RUN, jobs: 1 }];
            let Some(claim) = work::claim(cx, &rooms, LEASE).await?.pop() else { return Ok(()) };
            match provisioning::turn(cx, &claim, None).await? {
                Turn::Over => work::finish(cx, &claim).await?,
                Turn::Later(at) => {
                    work::postpone(cx, &claim, at).await?;
                    now = now.max(at);
                }
                Turn::Do(todo) => {
                    now += self.took.unwrap_or(SignedDuration::from_secs(20)) / 2;
                    let cx = &mut cx.acting_at(&system, now);
                    provisioning::came(cx, &claim, None, &todo, self.came(&todo.input)).await?;
                }
            }
        }
        bail!("the run of {} never ends", self.offering)
    }

    fn came(&self, input: &Value) -> Came {
        if let Some(blame) = self.fails {
            let failure = Failure { blame, why: self.why.clone(), next: self.next.clone() };
            return Came::Failed { failure, again: false, effect: None };
        }
        let name = self.params.get("name").and_then(Value::as_str).unwrap_or_default();
        let target = input.pointer("/variables/target").and_then(Value::as_str).unwrap_or_default();
        let mut outputs = Map::new();
        outputs.insert("record".into(), json!(format!("{name}.fairhaven.example 300 IN CNAME {target}.")));
        Came::Done { outputs, secrets: std::collections::BTreeMap::new(), effect: Value::Null }
    }
}
