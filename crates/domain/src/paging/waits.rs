//! What waits for the one who looks: pages to answer, pages to judge, and which of a list they may act on.

use jiff::SignedDuration;

use super::{
    read::named,
    record::Paged,
    store::{self, page::Row},
};
use crate::{Cx, Few, Limit, PageId, Result, TeamId, people};

/// Longer ago nobody remembers what a page was; it stays in the list of those that are not judged.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 28);

/// Pages that wait for the actor: those that they are on or were asked to be on, and open ones that they were told of or
/// are on call for. Those that nobody is on come first, what cannot wait for the morning before the rest.
pub async fn on_me(cx: &mut Cx<'_>, limit: Limit) -> Result<Few<Paged>> {
    let me = cx.reader()?;
    let rows = store::waits::on(cx, me, limit).await?;
    few(cx, rows, limit).await
}

/// Pages of the last four weeks that are over and that nobody has judged: what the actor answered or ended first, then
/// those of the teams that they are in.
pub async fn to_judge(cx: &mut Cx<'_>, limit: Limit) -> Result<Few<Paged>> {
    let me = cx.reader()?;
    let teams = people::team_ids_of(cx, me).await?;
    let rows = store::waits::to_judge(cx, me, &teams, cx.now() - REMEMBERED, limit).await?;
    few(cx, rows, limit).await
}

async fn few(cx: &mut Cx<'_>, rows: Vec<Row>, limit: Limit) -> Result<Few<Paged>> {
    let Few { items, more } = Few::cut(rows, limit);
    Ok(Few { items: if items.is_empty() { Vec::new() } else { named(cx, items).await? }, more })
}

/// Which of these pages the actor may act on, for lists with their buttons.
pub async fn may_act_on(cx: &mut Cx<'_>, pages: &[Paged]) -> Result<Vec<PageId>> {
    let mut teams: Vec<TeamId> = pages.iter().map(|p| p.team.id).collect();
    teams.sort_unstable();
    teams.dedup();
    if teams.is_empty() {
        return Ok(Vec::new());
    }
    let mine = people::editable_teams(cx, &teams).await?;
    let keys: Vec<PageId> = pages.iter().map(|p| p.id).collect();
    let told = match cx.writer() {
        Ok(me) if mine.len() < teams.len() => store::waits::told_of(cx, me, &keys).await?,
        _ => Vec::new(),
    };
    let may = |p: &&Paged| mine.contains(&p.team.id) || told.contains(&p.id);
    Ok(pages.iter().filter(may).map(|p| p.id).collect())
}
