//! Cycles: they open, follow the tree, remind and close by themselves; who writes, who is let in, who took part.

use jiff::civil::date;
use portolan_domain::{
    Error, Limit, WinsEntryId,
    people::{self, NewTeam},
    rota::{self, Holiday},
    wins::{self, Audience, Kind, NewPlan, Owed, Part, Sensitivity, Update, UpdateState},
};
use sqlx::PgPool;

use super::Company;

/// The updates of the newest cycle as somebody sees them, by team.
async fn updates(company: &Company, who: &str) -> Vec<Update> {
    let cycle = company.cycle().await;
    let mut call = company.call(who).await;
    wins::updates_of(&mut call.cx(), cycle.id, None, Limit::default()).await.unwrap().items
}

fn teams(updates: &[Update]) -> Vec<&str> {
    updates.iter().map(|u| u.team.slug.as_str()).collect()
}

async fn of(company: &Company, team: &str) -> Update {
    updates(company, "vera").await.into_iter().find(|u| u.team.slug == team).unwrap()
}

/// An entry in a team's update, or waiting in the team.
async fn put_entry(
    company: &Company,
    team: &str,
    chosen: bool,
    summary: &str,
    may: Sensitivity,
) -> uuid::Uuid {
    let update = if chosen { Some(company.update(team).await.id) } else { None };
    let id = uuid::Uuid::now_v7();
    sqlx::query(
        "INSERT INTO wins_entry (id, team_id, update_id, place, kind, summary, sensitivity, created_at, updated_at)
         SELECT $1, id, $3, 1, 'win', $4, $5, now(), now() FROM team WHERE slug = $2",
    )
    .bind(id)
    .bind(team)
    .bind(update)
    .bind(summary)
    .bind(may.as_str())
    .execute(&company.pool)
    .await
    .unwrap();
    id
}

/// A team's update as if its lead had handed it up now.
async fn handed_up(company: &Company, team: &str) {
    sqlx::query(
        "UPDATE wins_update SET state = 'submitted', submitted_at = $2
         WHERE team_id = (SELECT id FROM team WHERE slug = $1) AND state = 'open'",
    )
    .bind(team)
    .bind(jiff_sqlx::Timestamp::from(company.bed.now()))
    .execute(&company.pool)
    .await
    .unwrap();
}

/// What was handed up of the second cycle is taken back.
const TAKEN_BACK: &str = "UPDATE wins_update SET state = 'open', submitted_at = NULL
    WHERE cycle_id = (SELECT id FROM wins_cycle WHERE slug = '2026-w48')";

/// Whom notices of this kind went to, by handle.
async fn told_to(company: &Company, event: &str) -> Vec<String> {
    company.told(event).await.into_iter().map(|(handle, _)| handle).collect()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_cycle_opens_with_an_update_of_each_team(pool: PgPool) {
    let company = Company::without_cycle(pool).await;
    assert_eq!(company.turn().await, 8, "a cycle and seven updates");
    assert_eq!(company.turn().await, 0, "and no second time");
    let cycle = company.cycle().await;
    assert_eq!(
        (cycle.slug.as_str(), cycle.starts_on, cycle.ends_on),
        ("2026-w46", date(2026, 11, 9), date(2026, 11, 22))
    );
    assert_eq!(cycle.publish_at.to_string(), "2026-11-27T08:00:00Z");

    let all = updates(&company, "vera").await;
    assert_eq!(
        teams(&all),
        ["harbour", "shop", "basket", "pricing", "yard", "crane", "pilot"],
        "as the tree goes"
    );
    let seen: Vec<_> = all
        .iter()
        .take(3)
        .map(|u| (u.level, u.due_at.to_string(), u.handed_to.as_ref().map(|t| t.slug.as_str()), u.audience))
        .collect();
    assert_eq!(
        seen,
        [
            (2, "2026-11-26T14:00:00Z".to_owned(), None, Audience::Everyone),
            (1, "2026-11-25T14:00:00Z".to_owned(), Some("harbour"), Audience::Circle),
            (0, "2026-11-24T14:00:00Z".to_owned(), Some("shop"), Audience::Circle),
        ]
    );
    assert!(all.iter().all(|u| (u.most_wins, u.most_challenges, u.most_words) == (4, 2, 120)));
    assert_eq!(all[2].owed_by.as_ref().unwrap().handle, "imke");
    let mut vera = company.call("vera").await;
    let first = wins::updates_of(&mut vera.cx(), cycle.id, None, Limit::new(3).unwrap()).await.unwrap();
    let rest =
        wins::updates_of(&mut vera.cx(), cycle.id, first.next.clone(), Limit::default()).await.unwrap();
    assert_eq!((first.total, teams(&rest.items)), (7, vec!["pricing", "yard", "crane", "pilot"]));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_workers_do_each_thing_once(pool: PgPool) {
    let company = Company::without_cycle(pool).await;
    let (mut one, mut other) = (company.bed.as_system().await, company.bed.as_system().await);
    let (mut one, mut other) = (one.cx(), other.cx());
    let (a, b) = tokio::join!(wins::turn(&mut one), wins::turn(&mut other));
    assert_eq!(a.unwrap() + b.unwrap(), 8);
    assert_eq!(company.number("SELECT count(*) FROM wins_update").await, 7);

    company.until("2026-11-23T15:00:00Z");
    let (mut one, mut other) = (company.bed.as_system().await, company.bed.as_system().await);
    let (mut one, mut other) = (one.cx(), other.cx());
    let (a, b) = tokio::join!(wins::turn(&mut one), wins::turn(&mut other));
    // the cycle after it has opened meanwhile
    assert_eq!(a.unwrap() + b.unwrap(), 8 + 4);
    assert_eq!(told_to(&company, "wins.due").await, ["carl", "hui", "imke", "pam"]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_next_cycle_opens_while_the_former_is_written_up(pool: PgPool) {
    let company = Company::new(pool).await;
    company.until("2026-11-22T22:59:00Z");
    assert_eq!(company.turn().await, 0, "it is Sunday in Amsterdam");
    company.until("2026-11-22T23:00:00Z");
    assert_eq!(company.turn().await, 8);
    assert_eq!(company.cycle().await.slug, "2026-w48");
    assert_eq!(
        company.update("basket").await.cycle.slug,
        "2026-w46",
        "the oldest that is open is written first"
    );
    handed_up(&company, "basket").await;
    company.sql(TAKEN_BACK).await;
    assert_eq!(company.update("basket").await.cycle.slug, "2026-w48");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_worker_that_slept_opens_what_can_still_be_written(pool: PgPool) {
    let company = Company::new(pool).await;
    company.until("2026-12-22T12:00:00Z"); // a Tuesday: three cycles later, the last but one is being written up
    company.turn().await;
    let slugs: Vec<String> = sqlx::query_scalar("SELECT slug FROM wins_cycle ORDER BY starts_on")
        .fetch_all(&company.pool)
        .await
        .unwrap();
    assert_eq!(slugs, ["2026-w46", "2026-w50", "2026-w52"], "of week 48 nothing could be handed up any more");
    assert_eq!(company.number("SELECT count(*) FROM wins_update WHERE state = 'missed'").await, 7);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_team_that_moves_appears_once(pool: PgPool) {
    let company = Company::new(pool).await;
    handed_up(&company, "pricing").await;
    company.sql("UPDATE team SET parent_id = (SELECT id FROM team WHERE slug = 'yard') WHERE slug IN ('basket', 'pricing')").await;
    assert_eq!(company.turn().await, 2, "Basket is handed elsewhere, and Shop has nobody below it now");
    let all = updates(&company, "vera").await;
    assert_eq!(
        teams(&all),
        ["harbour", "shop", "pricing", "yard", "basket", "crane", "pilot"],
        "each team once"
    );
    assert_eq!(of(&company, "basket").await.handed_to.unwrap().slug, "yard");
    assert_eq!(
        of(&company, "pricing").await.handed_to.unwrap().slug,
        "shop",
        "what was handed up stays where it is"
    );
    assert_eq!(of(&company, "shop").await.level, 0);
    assert_eq!(company.turn().await, 0);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_team_that_moves_to_another_plan_appears_in_one_of_them(pool: PgPool) {
    let company = Company::new(pool).await;
    let other = NewPlan::usual("Others", "other", date(2026, 11, 16), "Europe/Amsterdam");
    wins::create_plan(&mut company.bed.as_system().await.cx(), &other).await.unwrap();
    handed_up(&company, "pricing").await;
    company.sql("UPDATE team SET parent_id = (SELECT id FROM team WHERE slug = 'other') WHERE slug IN ('basket', 'pricing')").await;
    company.turn().await;
    company.turn().await; // Basket leaves the one first, and joins the other then
    let appears = async |team: &str| -> Vec<String> {
        sqlx::query_scalar(
            "SELECT p.name FROM wins_update u JOIN wins_cycle c ON c.id = u.cycle_id JOIN wins_plan p ON p.id = c.plan_id
                JOIN team t ON t.id = u.team_id WHERE t.slug = $1 ORDER BY p.name",
        )
        .bind(team)
        .fetch_all(&company.pool)
        .await
        .unwrap()
    };
    assert_eq!(appears("pricing").await, ["Every two weeks"], "what was handed up stays where it is");
    assert_eq!(appears("basket").await, ["Others"]);
    company.until("2026-12-05T12:00:00Z");
    company.turn().await;
    company.turn().await;
    assert_eq!(
        appears("pricing").await,
        ["Every two weeks", "Others"],
        "and the next cycle is the other plan's"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn at_another_height_the_plan_s_word_for_it_holds_and_what_somebody_set_stays(pool: PgPool) {
    let company = Company::new(pool).await;
    let mut plan = NewPlan::usual("Every two weeks", "harbour", date(2026, 11, 9), "Europe/Amsterdam");
    for (nth, level) in plan.levels.iter_mut().enumerate() {
        level.most_wins = 4 + i16::try_from(nth).unwrap();
        level.most_challenges = 2 + i16::try_from(nth).unwrap();
    }
    wins::edit_plan(&mut company.bed.as_system().await.cx(), company.plan.id, &plan, None).await.unwrap();
    // the cycle that runs keeps what it began with: as if it had begun with this
    company.sql("UPDATE wins_update u SET most_wins = l.most_wins, most_challenges = l.most_challenges FROM wins_level l WHERE l.level = u.level").await;
    let basket = company.update("basket").await;
    wins::raise_limits(&mut company.call("imke").await.cx(), basket.id, 9, basket.most_challenges)
        .await
        .unwrap();
    let till = NewTeam {
        slug: "till".into(),
        name: "Till".into(),
        parent: Some("basket".into()),
        ..NewTeam::default()
    };
    people::create_team(&mut company.bed.as_system().await.cx(), till).await.unwrap();
    company.turn().await;
    let basket = company.update("basket").await;
    assert_eq!((basket.level, basket.most_wins, basket.most_challenges), (1, 9, 3));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_joins_in_time_takes_part_and_who_leaves_loses_nothing(pool: PgPool) {
    let company = Company::new(pool).await;
    let entry = put_entry(&company, "crane", true, "The crane turns.", Sensitivity::Up).await;
    let till = NewTeam {
        slug: "till".into(),
        name: "Till".into(),
        parent: Some("basket".into()),
        ..NewTeam::default()
    };
    people::create_team(&mut company.bed.as_system().await.cx(), till.clone()).await.unwrap();
    company.sql("UPDATE team SET parent_id = NULL WHERE slug = 'crane'").await;
    company.turn().await;
    let all = updates(&company, "vera").await;
    assert_eq!(teams(&all), ["harbour", "shop", "basket", "till", "pricing", "yard", "pilot"]);
    // with a team below it Basket is as high as a department, and its day is a department's
    assert_eq!((all[2].level, all[2].due_at.to_string()), (1, "2026-11-25T14:00:00Z".to_owned()));
    assert_eq!(
        (all[3].level, all[3].owed_by.as_ref().unwrap().handle.as_str()),
        (0, "imke"),
        "nobody leads it yet"
    );
    let waits: bool = sqlx::query_scalar("SELECT update_id IS NULL FROM wins_entry WHERE id = $1")
        .bind(entry)
        .fetch_one(&company.pool)
        .await
        .unwrap();
    assert!(waits, "what was written waits in the team");

    company.until("2026-11-26T15:00:00Z");
    people::create_team(
        &mut company.bed.as_system().await.cx(),
        NewTeam { slug: "shelf".into(), name: "Shelf".into(), ..till },
    )
    .await
    .unwrap();
    company.turn().await;
    let there = "SELECT count(*) FROM wins_update u JOIN wins_cycle c ON c.id = u.cycle_id JOIN team t ON t.id = u.team_id
        WHERE t.slug = 'shelf' AND c.slug = '2026-w46'";
    assert_eq!(company.number(there).await, 0, "who joins after it was due begins with the next cycle");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_is_left_out_is_stepped_over(pool: PgPool) {
    let company = Company::without_cycle(pool).await;
    let usual = NewPlan {
        left_out: vec![("shop".into(), false), ("yard".into(), true)],
        ..NewPlan::usual("Every two weeks", "harbour", date(2026, 11, 9), "Europe/Amsterdam")
    };
    wins::edit_plan(&mut company.bed.as_system().await.cx(), company.plan.id, &usual, None).await.unwrap();
    company.turn().await;
    let all = updates(&company, "vera").await;
    assert_eq!(teams(&all), ["harbour", "basket", "pricing"]);
    assert_eq!(all[1].handed_to.as_ref().unwrap().slug, "harbour");
    assert_eq!(all[0].level, 1);
    assert_eq!(
        teams(&updates(&company, "imke").await),
        ["basket", "pricing"],
        "those that hand to the same one are peers"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_owes_it_is_reminded_once_before_and_once_after(pool: PgPool) {
    let company = Company::new(pool).await;
    company
        .sql(
            "UPDATE wins_update SET delegate_id = (SELECT id FROM person WHERE handle = 'tor')
        WHERE team_id = (SELECT id FROM team WHERE slug = 'basket')",
        )
        .await;
    company.sql("UPDATE team SET lead_id = NULL WHERE slug = 'pilot'").await;
    company
        .sql(
            "INSERT INTO away_calendar (person_id, host, address_sealed, set_at)
        SELECT id, 'calendar', '', now() FROM person WHERE handle IN ('hui', 'carl')",
        )
        .await;
    company
        .sql("INSERT INTO away_span SELECT person_id, '2026-11-20Z', '2026-12-20Z' FROM away_calendar")
        .await;
    company.sql("INSERT INTO wins_deputy SELECT t.id, p.id FROM team t, person p WHERE t.slug = 'pricing' AND p.handle = 'pia'").await;
    handed_up(&company, "yard").await;

    company.until("2026-11-23T13:59:00Z");
    company.turn().await;
    assert!(company.told("wins.due").await.is_empty(), "more than a day is left");
    company.until("2026-11-23T14:00:00Z");
    assert_eq!(company.turn().await, 4);
    assert_eq!(company.turn().await, 0);
    // the one who was asked; the deputy of who is away; who is away and has none; of a team without a lead the one above
    assert_eq!(told_to(&company, "wins.due").await, ["carl", "pia", "tor", "yann"]);
    assert_eq!(
        company.told("wins.due").await[2].1,
        "Basket: wins and challenges are due on Tuesday, 15:00 CET"
    );

    handed_up(&company, "basket").await;
    company.sql(TAKEN_BACK).await;
    company.until("2026-11-24T14:00:00Z");
    company.turn().await;
    assert_eq!(company.turn().await, 0);
    assert_eq!(told_to(&company, "wins.late").await, ["carl", "pia", "yann"], "Basket handed up");
    assert_eq!(
        told_to(&company, "wins.due").await,
        ["carl", "dora", "pia", "tor", "yann"],
        "and the departments are next"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_was_not_handed_up_waits_for_the_next_cycle(pool: PgPool) {
    let company = Company::new(pool).await;
    let own = put_entry(&company, "shop", true, "The shop is open.", Sensitivity::Publish).await;
    let origin = put_entry(&company, "basket", false, "Carts are quick.", Sensitivity::Publish).await;
    let line = put_entry(&company, "shop", true, "Carts are quick.", Sensitivity::Publish).await;
    let rewritten = put_entry(&company, "shop", true, "Carts are quick here.", Sensitivity::Publish).await;
    for line in [line, rewritten] {
        sqlx::query("INSERT INTO wins_origin (line_id, origin_id) VALUES ($1, $2)")
            .bind(line)
            .bind(origin)
            .execute(&company.pool)
            .await
            .unwrap();
    }
    company.until("2026-11-27T08:00:00Z");
    company.turn().await;
    let left: Vec<(uuid::Uuid, bool)> =
        sqlx::query_as("SELECT id, update_id IS NULL FROM wins_entry ORDER BY id")
            .fetch_all(&company.pool)
            .await
            .unwrap();
    assert_eq!(
        left,
        [(own, true), (origin, true), (rewritten, true)],
        "lines that nobody rewrote are gone, what people wrote is not"
    );
    assert_eq!(company.number("SELECT count(*) FROM wins_update WHERE state = 'missed'").await, 7);
    assert_eq!(company.number("SELECT count(*) FROM wins_cycle WHERE published_at IS NOT NULL").await, 1);
    assert_eq!(company.turn().await, 0, "a cycle is closed once");
    let next = company.update("shop").await;
    assert_eq!(next.cycle.slug, "2026-w48");
    let mut dora = company.call("dora").await;
    wins::choose(&mut dora.cx(), next.id, &[WinsEntryId(rewritten)], None).await.unwrap();
    let line = wins::entry(&mut dora.cx(), WinsEntryId(rewritten)).await.unwrap();
    assert!(
        line.is_line && line.update == Some(next.id),
        "it is chosen for the next one, and knows where it came from"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_was_handed_up_is_published_when_the_cycle_ends(pool: PgPool) {
    let company = Company::new(pool).await;
    company.chosen("basket", Kind::Win, "Carts are quick.", Sensitivity::Publish).await;
    let basket = company.submit("basket").await;
    assert_eq!(basket.state, UpdateState::Submitted);
    company.until("2026-11-27T07:59:00Z");
    company.turn().await;
    assert_eq!(company.number("SELECT count(*) FROM wins_publication").await, 0);
    company.until("2026-11-27T08:00:00Z");
    company.turn().await;
    let mut imke = company.call("imke").await;
    let (basket, _) = wins::update_by_id(&mut imke.cx(), basket.id).await.unwrap();
    assert_eq!((basket.state, basket.publication.is_some()), (UpdateState::Published, true));
    assert_eq!(company.turn().await, 0);
    assert_eq!(company.number("SELECT count(*) FROM wins_publication").await, 1);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_may_know_of_an_update_and_what_they_count(pool: PgPool) {
    let company = Company::new(pool).await;
    put_entry(&company, "basket", true, "Stays.", Sensitivity::Team).await;
    put_entry(&company, "basket", true, "Goes up.", Sensitivity::Up).await;
    let seen = async |who: &str| {
        let mut call = company.call(who).await;
        wins::current_update(&mut call.cx(), "basket").await.unwrap().map(|u| u.wins)
    };
    for (who, wins) in [
        ("imke", Some(2)),
        ("tor", Some(2)),
        ("dora", Some(0)),
        ("vera", Some(0)),
        ("hui", Some(0)),
        ("pia", None),
        ("yann", None),
        ("otto", None),
        ("root", None),
    ] {
        assert_eq!(seen(who).await, wins, "{who}, while it is written");
    }
    handed_up(&company, "basket").await;
    for (who, wins) in [
        ("imke", Some(2)),
        ("tor", Some(2)),
        ("dora", Some(1)),
        ("vera", Some(1)),
        ("hui", Some(1)),
        ("pia", None),
        ("root", None),
    ] {
        assert_eq!(seen(who).await, wins, "{who}, when it is handed up");
    }
    assert_eq!(teams(&updates(&company, "otto").await), [] as [&str; 0]);
    assert_eq!(teams(&updates(&company, "root").await), [] as [&str; 0]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_lead_and_those_above_name_a_deputy(pool: PgPool) {
    let company = Company::new(pool).await;
    for who in ["root", "tor", "hui", "otto"] {
        let refused = wins::set_deputy(&mut company.call(who).await.cx(), "basket", Some(who)).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{who}: {refused:?}");
    }
    let named = wins::set_deputy(&mut company.call("dora").await.cx(), "basket", Some("olga")).await.unwrap();
    assert_eq!(named.unwrap().handle, "olga");
    assert_eq!(told_to(&company, "wins.deputy-set").await, ["olga"]);
    assert!(wins::current_update(&mut company.call("olga").await.cx(), "basket").await.unwrap().is_some());
    assert_eq!(
        wins::deputy(&mut company.call("otto").await.cx(), "basket").await.unwrap().unwrap().handle,
        "olga"
    );
    wins::set_deputy(&mut company.call("imke").await.cx(), "basket", None).await.unwrap();
    assert!(wins::current_update(&mut company.call("olga").await.cx(), "basket").await.unwrap().is_none());
    let nobody = wins::set_deputy(&mut company.call("imke").await.cx(), "basket", Some("nobody")).await;
    assert!(matches!(nobody, Err(Error::Invalid(_))));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_took_part_is_told_to_the_team_and_its_chain(pool: PgPool) {
    let company = Company::new(pool).await;
    handed_up(&company, "basket").await;
    handed_up(&company, "crane").await;
    company
        .sql("UPDATE wins_update SET quiet = true WHERE team_id = (SELECT id FROM team WHERE slug = 'crane')")
        .await;
    company.until("2026-11-24T14:01:00Z");
    handed_up(&company, "pricing").await;
    company.turn().await;
    // the cycle after it opened on Monday; nothing of it is handed up
    let (cycles, all) =
        wins::participation(&mut company.call("vera").await.cx(), "harbour", 2).await.unwrap();
    assert_eq!(cycles.iter().map(|c| c.slug.as_str()).collect::<Vec<_>>(), ["2026-w48", "2026-w46"]);
    let parts: Vec<_> = all.iter().map(|p| (p.team.slug.as_str(), p.parts.clone())).collect();
    let open = Some(Part::Open);
    assert_eq!(
        parts,
        [
            ("harbour", vec![open, open]),
            ("shop", vec![open, open]),
            ("basket", vec![open, Some(Part::OnTime)]),
            ("pricing", vec![open, Some(Part::Late)]),
            ("yard", vec![open, open]),
            ("crane", vec![open, Some(Part::Quiet)]),
            ("pilot", vec![open, Some(Part::Late)]),
        ]
    );
    for who in ["imke", "tor", "dora", "vera"] {
        let told = wins::participation(&mut company.call(who).await.cx(), "basket", 26).await.unwrap();
        assert_eq!(told.1.len(), 1, "{who}");
    }
    for who in ["hui", "root", "otto"] {
        let refused = wins::participation(&mut company.call(who).await.cx(), "basket", 1).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{who}");
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_owed_is_told_three_days_before(pool: PgPool) {
    let company = Company::new(pool).await;
    let owed = async |who: &str| wins::owed(&mut company.call(who).await.cx()).await.unwrap();
    company.until("2026-11-21T13:59:00Z");
    assert!(owed("imke").await.is_empty());
    company.until("2026-11-21T14:00:00Z");
    let imke = owed("imke").await;
    assert!(matches!(&imke[..], [Owed::Update(u)] if u.team.slug == "basket"), "{imke:?}");
    assert!(owed("tor").await.is_empty() && owed("dora").await.is_empty() && owed("root").await.is_empty());
    handed_up(&company, "basket").await;
    assert!(owed("imke").await.is_empty());
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn plans_are_made_by_admins_and_say_what_is_wrong_with_them(pool: PgPool) {
    let company = Company::new(pool).await;
    let usual = NewPlan::usual("Monthly", "other", date(2026, 11, 9), "Europe/Amsterdam");
    let refused = wins::create_plan(&mut company.call("vera").await.cx(), &usual).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    let mut root = company.call("root").await;
    let mut wrong = NewPlan {
        name: " ".into(),
        weeks: 14,
        time_zone: "Mars/Base".into(),
        publish_at: "friday".into(),
        ..usual.clone()
    };
    wrong.levels[1].most_words = 5;
    wrong.levels[2].due = "someday".into();
    let Err(Error::Invalid(problems)) = wins::create_plan(&mut root.cx(), &wrong).await else {
        panic!("must be refused")
    };
    let fields: Vec<_> = problems.iter().map(|p| p.field.as_str()).collect();
    assert_eq!(fields, ["name", "time_zone", "weeks", "levels[1].most_words", "levels[2].due", "publish_at"]);
    for (plan, field) in [
        (NewPlan { root: "nowhere".into(), ..usual.clone() }, "root"),
        (NewPlan { root: "harbour".into(), ..usual.clone() }, "root"),
        (NewPlan { name: "Every two weeks".into(), ..usual.clone() }, "name"),
        (NewPlan { left_out: vec![("nowhere".into(), true)], ..usual.clone() }, "left_out"),
        (NewPlan { weeks: 1, publish_at: "mon 09:00".into(), ..usual.clone() }, "publish_at"),
    ] {
        let refused = wins::create_plan(&mut root.cx(), &plan).await;
        assert!(matches!(&refused, Err(Error::Invalid(p)) if p[0].field == field), "{field}: {refused:?}");
    }

    let mut edited = NewPlan { root: "harbour".into(), name: "Every month".into(), weeks: 4, ..usual };
    edited.levels[0].due = "Monday 9:00".into();
    let plan =
        wins::edit_plan(&mut root.cx(), company.plan.id, &edited, Some(company.plan.version)).await.unwrap();
    assert_eq!((plan.weeks, plan.levels[0].due.as_str(), plan.version), (4, "mon 09:00", 2));
    assert!(matches!(wins::edit_plan(&mut root.cx(), plan.id, &edited, Some(1)).await, Err(Error::Stale)));
    company.turn().await;
    assert_eq!(
        company.update("basket").await.due_at.to_string(),
        "2026-11-24T14:00:00Z",
        "of a cycle that is open it stays"
    );
    company.until("2026-11-23T09:00:00Z");
    company.turn().await;
    let next = company.cycle().await;
    assert_eq!(
        (next.starts_on, next.ends_on),
        (date(2026, 11, 23), date(2026, 12, 6)),
        "it ends where the new plan's do"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_paused_plan_opens_nothing(pool: PgPool) {
    let company = Company::without_cycle(pool).await;
    let usual = NewPlan {
        paused: true,
        ..NewPlan::usual("Every two weeks", "harbour", date(2026, 11, 9), "Europe/Amsterdam")
    };
    wins::edit_plan(&mut company.bed.as_system().await.cx(), company.plan.id, &usual, None).await.unwrap();
    assert_eq!(company.turn().await, 0);
    assert!(wins::current_update(&mut company.call("imke").await.cx(), "basket").await.unwrap().is_none());
    let refused = wins::turn(&mut company.call("imke").await.cx()).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "only the worker turns it");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn holidays_move_deadlines(pool: PgPool) {
    let company = Company::without_cycle(pool).await;
    let mut system = company.bed.as_system().await;
    let day = Holiday { day: date(2026, 11, 24), name: "Harbour day".into() };
    let calendar = rota::create_holiday_calendar(&mut system.cx(), "harbour", "Ours", &[day]).await.unwrap();
    let usual = NewPlan {
        calendar: Some(calendar.id),
        ..NewPlan::usual("Every two weeks", "harbour", date(2026, 11, 9), "Europe/Amsterdam")
    };
    wins::edit_plan(&mut system.cx(), company.plan.id, &usual, None).await.unwrap();
    company.turn().await;
    assert_eq!(company.update("basket").await.due_at.to_string(), "2026-11-25T14:00:00Z");
    assert_eq!(
        company.update("shop").await.due_at.to_string(),
        "2026-11-26T14:00:00Z",
        "what is above comes after it"
    );
    assert_eq!(
        company.cycle().await.publish_at.to_string(),
        "2026-11-30T08:00:00Z",
        "nothing goes out at a weekend"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn short_words_hold_in_the_teams_below(pool: PgPool) {
    let company = Company::new(pool).await;
    for (who, team, short, long) in [
        ("vera", "harbour", "SLO", "service level objective"),
        ("vera", "harbour", "MAU", "monthly active users"),
        ("imke", "basket", "SLO", "slow lane opening"),
    ] {
        wins::put_term(&mut company.call(who).await.cx(), team, short, long).await.unwrap();
    }
    let refused = wins::put_term(&mut company.call("hui").await.cx(), "basket", "X", "y").await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    let of = async |team: &str| {
        let terms = wins::glossary(&mut company.call("otto").await.cx(), team).await.unwrap();
        terms.into_iter().map(|t| format!("{} {} ({})", t.short, t.long, t.team.slug)).collect::<Vec<_>>()
    };
    assert_eq!(of("basket").await, ["MAU monthly active users (harbour)", "SLO slow lane opening (basket)"]);
    wins::remove_term(&mut company.call("imke").await.cx(), "basket", "SLO").await.unwrap();
    assert_eq!(of("basket").await[1], "SLO service level objective (harbour)");
    let gone = wins::remove_term(&mut company.call("imke").await.cx(), "basket", "SLO").await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "that of a team above is not this team's to forget");
    for (short, long) in [("", "x"), ("two words", "x"), ("X", "")] {
        let refused = wins::put_term(&mut company.call("imke").await.cx(), "basket", short, long).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{short:?} {long:?}");
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_team_takes_part_where_the_plan_of_its_tree_has_it_do_so(pool: PgPool) {
    let company = Company::new(pool.clone()).await;
    let takes = async |slug: &str| {
        wins::takes_part(&mut company.call("vera").await.cx(), company.team(slug).id).await.unwrap()
    };
    assert!(takes("basket").await && takes("shop").await && takes("harbour").await);
    let mut system = company.bed.as_system().await;
    let edit = async |left_out: Vec<(String, bool)>, paused: bool| {
        let plan = wins::plan(&mut company.bed.as_system().await.cx(), company.plan.id).await.unwrap();
        let usual = NewPlan::usual("Every two weeks", "harbour", date(2026, 11, 9), "Europe/Amsterdam");
        let new = NewPlan { left_out, paused, ..usual };
        wins::edit_plan(&mut company.bed.as_system().await.cx(), plan.id, &new, None).await.unwrap();
    };
    edit(vec![("shop".into(), false)], false).await;
    assert!(!takes("shop").await && takes("basket").await, "those below it stay in");
    edit(vec![("shop".into(), true)], false).await;
    assert!(!takes("shop").await && !takes("basket").await && takes("harbour").await);
    // and so the next cycle is opened
    company.until("2026-11-22T23:00:00Z");
    company.turn().await;
    let opened = updates(&company, "vera").await;
    for slug in ["harbour", "shop", "basket", "pricing", "crane", "pilot", "other"] {
        assert_eq!(opened.iter().any(|update| update.team.slug == slug), takes(slug).await, "{slug}");
    }
    // a plan of its own holds for its tree
    let own = NewPlan::usual("Shop's own", "shop", date(2026, 11, 9), "Europe/Amsterdam");
    wins::create_plan(&mut system.cx(), &own).await.unwrap();
    assert!(takes("shop").await && takes("basket").await);
    edit(Vec::new(), true).await;
    assert!(!takes("harbour").await, "nothing is opened while it is paused");
}
