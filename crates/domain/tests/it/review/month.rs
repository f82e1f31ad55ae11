//! What stands out of a month.

use jiff::civil::date;
use portolan_domain::{
    Call, Error, Limit,
    incidents::{self, NewAction, NewIncident, NoticedBy, SloSaw},
    levels::Hours,
    people::Person,
    review::{self, Level, Month, Organisation, Outlying},
    rota::{NewLayer, NewSchedule, Purpose, create_schedule},
};
use portolan_testkit::rota::{on_call, weekly};
use sqlx::PgPool;

use super::harbour::Harbour;

fn november() -> Month {
    "2026-11".parse().unwrap()
}

async fn seen_by(harbour: &Harbour, person: &Person) -> Organisation {
    let mut call = harbour.bed.as_person(person).await;
    review::organisation(&mut call.cx(), november(), None, Limit::default()).await.unwrap()
}

fn told(organisation: &Organisation) -> Vec<(&str, Outlying, Level, i64)> {
    let teams = organisation.teams.items.iter();
    teams.flat_map(|t| t.outliers.iter().map(|o| (t.team.slug.as_str(), o.what, o.level, o.value))).collect()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_stands_out_is_told_to_those_who_answer_for_the_team(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    for day in 9..15 {
        harbour.page("basket", &format!("2026-11-{day:02}T12:00:00Z"), "imke", "real-impact").await;
    }
    for day in [2, 3, 17] {
        harbour.page("basket", &format!("2026-11-{day:02}T12:00:00Z"), "imke", "false-alarm").await;
    }
    harbour.page("basket", "2026-11-10T12:00:00Z", "imke", "-").await; // passed over
    harbour.page("basket", "2026-11-20T12:00:00Z", "imke", "-").await; // not yet
    harbour.page("basket", "2026-11-01T12:00:00Z", "imke", "-").await; // a Sunday: October's
    for _ in 0..3 {
        harbour.page("other", "2026-11-16T12:00:00Z", "otto", "real-impact").await;
    }
    for due_on in [date(2026, 11, 19), date(2026, 11, 21), date(2026, 11, 3)] {
        let new = NewAction {
            incident: None,
            team: Some("basket".into()),
            title: "A fuse".into(),
            owner: None,
            due_on,
            alert_rule: None,
        };
        let mut imke = harbour.as_imke().await;
        let (actor, promised_at) = (imke.actor().clone(), "2026-11-01T12:00:00Z".parse().unwrap());
        incidents::add_action(&mut imke.cx().acting_at(&actor, promised_at), new).await.unwrap();
    }

    let basket = [
        ("basket", Outlying::Pages, Level::Alarm, 6),
        ("basket", Outlying::Noise, Level::High, 33),
        ("basket", Outlying::Overdue, Level::High, 2),
        ("basket", Outlying::Unjudged, Level::High, 1),
    ];
    let vera = seen_by(&harbour, &harbour.vera).await;
    assert_eq!(told(&vera), basket, "of Basket she hears, since it is below the Shop that she leads");
    assert_eq!((vera.looked_at, vera.weeks.len()), (2, 3), "the month is running");
    assert!(vera.teams.items[0].outliers[2].words.contains("the oldest since 3 Nov 2026"));
    assert_eq!(told(&seen_by(&harbour, &harbour.tor).await), basket);
    assert_eq!(told(&seen_by(&harbour, &harbour.otto).await), [("other", Outlying::Pages, Level::High, 3)]);

    let root = harbour.bed.admin("root").await;
    let mut call = harbour.bed.as_person(&root).await;
    let one = review::organisation(&mut call.cx(), november(), None, Limit::new(1).unwrap()).await.unwrap();
    assert_eq!(
        (one.teams.total, one.teams.items[0].team.slug.as_str()),
        (2, "basket"),
        "by name, and not by how bad"
    );
    let rest =
        review::organisation(&mut call.cx(), november(), one.teams.next, Limit::default()).await.unwrap();
    assert_eq!(rest.teams.items.iter().map(|t| t.team.slug.as_str()).collect::<Vec<_>>(), ["other"]);

    let quiet = review::organisation(&mut call.cx(), "2026-09".parse().unwrap(), None, Limit::default())
        .await
        .unwrap();
    assert!(
        quiet.teams.items.is_empty() && quiet.teams.total == 0,
        "what was promised in November was not late then"
    );
    let ahead =
        review::organisation(&mut call.cx(), "2026-12".parse().unwrap(), None, Limit::default()).await;
    assert!(matches!(ahead, Err(Error::Invalid(_))));
    let mut nobody = harbour.bed.as_stranger().await;
    let refused = review::organisation(&mut nobody.cx(), november(), None, Limit::default()).await;
    assert!(matches!(refused, Err(Error::Unauthenticated)));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_hurt_most_is_no_secret_and_what_hurt_little_is_not_told(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    for (title, severity) in [("Small", 3), ("Large", 2), ("Huge", 1)] {
        let new = NewIncident {
            title: title.into(),
            severity: Some(severity),
            team: Some("other".into()),
            affected: Vec::new(),
            noticed_by: NoticedBy::Alert,
            slo_saw: Some(SloSaw::Yes),
            began_at: None,
            link: None,
            page: None,
            text: String::new(),
        };
        incidents::open(&mut harbour.as_imke().await.cx(), new).await.unwrap();
    }
    let seen = seen_by(&harbour, &harbour.tor).await;
    let titles: Vec<_> = seen.incidents.items.iter().map(|i| i.title.as_str()).collect();
    assert_eq!(titles, ["Huge", "Large"]);
    assert!(seen.teams.items.is_empty());
}

async fn made(call: &mut Call, purpose: Purpose, slug: &str, zone: &str) {
    let monday = "2026-11-02T00:00:00".parse().unwrap();
    let layer = NewLayer { name: "All".into(), priority: 1, ..weekly(monday, &["imke"]) };
    let new = NewSchedule { purpose, ..on_call("basket", slug, zone, vec![layer]) };
    create_schedule(&mut call.cx(), new, "There is nobody else.").await.unwrap();
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn time_that_keeps_things_running_counts_over_the_weeks_that_began(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    // made in the night to Saturday: of three working weeks nothing but what is still to come of them is hers
    made(&mut harbour.as_imke().await, Purpose::OnCall, "basket-primary", "Europe/Amsterdam").await;
    assert_eq!(told(&seen_by(&harbour, &harbour.imke).await), []);
    harbour.sql("UPDATE shift SET starts_at = '2026-11-01T23:00:00Z' WHERE starts_at < '2026-11-22'").await;
    assert_eq!(
        told(&seen_by(&harbour, &harbour.imke).await),
        [("basket", Outlying::Essential, Level::Alarm, 50)],
        "one of two people, all the time"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_weeks_of_a_month_begin_where_those_of_the_team_do(pool: PgPool) {
    let harbour = Harbour::new(pool).await;
    let both = async || {
        let mut found = Vec::new();
        for slug in ["basket", "shop", "other"] {
            let mut call = harbour.bed.as_system().await;
            let team = portolan_domain::people::team(&mut call.cx(), slug).await.unwrap();
            let hours = Hours::of_team(&mut call.cx(), team.id).await.unwrap();
            let in_sql: String = sqlx::query_scalar("SELECT team_time_zone($1)")
                .bind(team.id)
                .fetch_one(&harbour.pool)
                .await
                .unwrap();
            let in_program = hours.zone.iana_name().unwrap().to_owned();
            assert_eq!(in_sql, in_program, "{slug}");
            found.push(in_sql);
        }
        found
    };
    harbour.lives("vera", "Asia/Singapore").await;
    harbour.lives("otto", "Pacific/Apia").await;
    assert_eq!(both().await, ["Europe/Amsterdam", "Asia/Singapore", "Pacific/Apia"]);
    harbour.sql("UPDATE team SET lead_id = NULL WHERE slug = 'basket'").await;
    harbour.sql("UPDATE person SET active = false WHERE handle = 'otto'").await;
    assert_eq!(
        both().await,
        ["Asia/Singapore", "Asia/Singapore", "UTC"],
        "the nearest lead above; a lead who left is none"
    );
    let mut root = harbour.bed.as_system().await;
    made(&mut root, Purpose::OnCall, "basket-primary", "America/Toronto").await;
    made(&mut root, Purpose::Support, "basket-support", "Asia/Kathmandu").await;
    assert_eq!(both().await[0], "Asia/Kathmandu", "that of its support");

    // Sunday evening in UTC is Monday there
    harbour.page("basket", "2026-11-08T18:15:00Z", "-", "real-impact").await;
    for _ in 0..2 {
        harbour.page("basket", "2026-11-09T12:00:00Z", "-", "real-impact").await;
    }
    assert_eq!(told(&seen_by(&harbour, &harbour.tor).await), [("basket", Outlying::Pages, Level::High, 3)]);
}
