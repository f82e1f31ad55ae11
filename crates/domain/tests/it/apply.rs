//! Descriptors taken in: what is written, what is refused, what stays.

use jiff::SignedDuration;
use portolan_domain::{
    Actor, Db, Error, Scope, Via,
    catalog::{
        apply::{Counts, Outcome, Report, Request},
        ownership,
    },
    people,
};
use portolan_testkit::catalog::{apply_as, apply_yaml, monday, service, team, user};
use sqlx::PgPool;

/// Applies as the system from a source, a number of hours after monday morning.
async fn apply(pool: &PgPool, hours: i64, source: &str, text: &str) -> Report {
    let at = monday() + SignedDuration::from_hours(hours);
    apply_as(pool, Actor::system(), at, Request::yaml(source, text)).await.expect("applied")
}

async fn prune(pool: &PgPool, hours: i64, text: &str) -> Result<Report, Error> {
    let at = monday() + SignedDuration::from_hours(hours);
    apply_as(pool, Actor::system(), at, Request { prune: true, ..Request::yaml("test", text) }).await
}

/// A person with a token that may write.
async fn token_of(pool: &PgPool, handle: &str) -> Actor {
    let mut call = Db::new(pool.clone()).call(Actor::operator(), monday()).await.expect("call");
    let person = people::person(&mut call.cx(), handle).await.expect("a person");
    Actor::person(&person, Scope::Write, Via::Api)
}

async fn number(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.expect("a number")
}

async fn text(pool: &PgPool, sql: &'static str) -> Option<String> {
    sqlx::query_scalar(sql).fetch_one(pool).await.expect("a text")
}

fn problems(report: &Report) -> Vec<String> {
    let all = report.items.iter().flat_map(|i| &i.problems);
    all.map(|p| format!("{} {}", p.field, p.message)).collect()
}

fn counts(created: usize, updated: usize, unchanged: usize, rejected: usize, orphaned: usize) -> Counts {
    Counts { created, updated, unchanged, rejected, orphaned }
}

fn shop() -> String {
    [
        team("basket", None),
        user("imke", &["basket"]),
        service("checkout", "basket", "dependsOn: ['component:fee']"),
        service("fee", "basket", ""),
    ]
    .concat()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_same_again_changes_nothing(pool: PgPool) {
    assert_eq!(apply_yaml(&pool, &shop()).await.counts(), counts(4, 0, 0, 0, 0));
    let history = number(&pool, "SELECT count(*) FROM activity").await;
    let again = apply(&pool, 1, "test", &shop()).await;
    assert_eq!(again.counts(), counts(0, 0, 4, 0, 0));
    assert_eq!(number(&pool, "SELECT count(*) FROM activity").await, history);
    assert_eq!(number(&pool, "SELECT sum(version)::bigint FROM entity").await, 4);
    assert_eq!(number(&pool, "SELECT count(*) FROM ownership").await, 2);
    assert_eq!(number(&pool, "SELECT count(*) FROM entity WHERE updated_at > created_at").await, 0);
    // but how fresh the facts are is noted
    assert_eq!(number(&pool, "SELECT count(*) FROM source WHERE last_applied_at > created_at").await, 1);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_differs_is_told_field_by_field(pool: PgPool) {
    apply_yaml(&pool, &shop()).await;
    let changed = service("checkout", "basket", "dependsOn: []")
        .replace("metadata:\n", "metadata:\n  title: Check-out\n");
    assert_eq!(apply(&pool, 1, "test", &changed).await.counts(), counts(0, 1, 0, 0, 0));
    let told = text(&pool, "SELECT changes::text FROM activity WHERE verb = 'entity.updated'").await;
    assert_eq!(
        told.as_deref(),
        Some(
            r#"[{"to": "Check-out", "from": null, "field": "title"}, {"to": [], "from": ["component:fee"], "field": "dependsOn"}]"#
        )
    );
    assert_eq!(number(&pool, "SELECT count(*) FROM relation WHERE kind = 'dependsOn'").await, 0);
    assert_eq!(number(&pool, "SELECT version FROM entity WHERE ref = 'component:default/checkout'").await, 2);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_rejected_document_stops_the_others_only_if_asked(pool: PgPool) {
    let text = format!("{}---\nkind: Nonsense\n{}", team("basket", None), service("checkout", "basket", ""));
    let atomic = apply_as(
        &pool,
        Actor::system(),
        monday(),
        Request { atomic: true, ..Request::yaml("test", text.clone()) },
    )
    .await
    .expect("a report");
    assert_eq!(atomic.counts(), counts(2, 0, 0, 1, 0));
    assert_eq!(
        atomic.refused.as_deref(),
        Some("nothing was written: 1 document was rejected, and this apply is all or nothing")
    );
    assert_eq!(
        number(&pool, "SELECT count(*) FROM entity").await
            + number(&pool, "SELECT count(*) FROM source").await,
        0
    );
    assert_eq!(apply(&pool, 0, "test", &text).await.counts(), counts(2, 0, 0, 1, 0));
    assert_eq!(number(&pool, "SELECT count(*) FROM entity").await, 2);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_dry_run_tells_and_takes_back(pool: PgPool) {
    let request = Request { dry_run: true, ..Request::yaml("test", shop()) };
    let report = apply_as(&pool, Actor::system(), monday(), request).await.expect("a report");
    assert_eq!((report.counts(), report.dry_run), (counts(4, 0, 0, 0, 0), true));
    assert_eq!(number(&pool, "SELECT (SELECT count(*) FROM entity) + (SELECT count(*) FROM team) + (SELECT count(*) FROM activity) + (SELECT count(*) FROM facet_count)").await, 0);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn two_sources_cannot_claim_one_entity(pool: PgPool) {
    apply_yaml(&pool, &shop()).await;
    let other = apply(&pool, 1, "github.com/acme/other", &service("Checkout", "basket", "")).await;
    assert_eq!(
        problems(&other),
        [
            "metadata.name is described by the source test already, so github.com/acme/other may not describe it too; take it out of one of them"
        ]
    );
    // once the first has let go of it, the second may have it
    prune(
        &pool,
        2,
        &[team("basket", None), user("imke", &["basket"]), service("fee", "basket", "")].concat(),
    )
    .await
    .expect("pruned");
    assert_eq!(
        apply(&pool, 3, "github.com/acme/other", &service("Checkout", "basket", "")).await.counts(),
        counts(0, 1, 0, 0, 0)
    );
    assert_eq!(problems(&apply(&pool, 4, "test", &shop()).await).len(), 1);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn an_entity_described_twice_is_taken_in_from_neither(pool: PgPool) {
    let text =
        [team("basket", None), service("checkout", "basket", ""), service("CheckOut", "basket", "")].concat();
    let report = apply(&pool, 0, "test", &text).await;
    assert_eq!(report.counts(), counts(1, 0, 0, 2, 0));
    let said = "metadata.name is described more than once in this apply (line 6; line 15); keep one";
    assert_eq!(problems(&report), [said, said]);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_missing_is_orphaned_and_comes_back(pool: PgPool) {
    apply_yaml(&pool, &shop()).await;
    let less = [
        team("basket", None),
        user("imke", &["basket"]),
        service("checkout", "basket", "dependsOn: ['component:fee']"),
    ]
    .concat();
    let report = prune(&pool, 1, &less).await.expect("a report");
    assert_eq!(report.counts(), counts(0, 0, 3, 0, 1));
    assert_eq!(
        report.items.last().map(|i| (i.reference.as_deref(), i.outcome)),
        Some((Some("component:default/fee"), Outcome::Orphaned))
    );
    assert_eq!(number(&pool, "SELECT count(*) FROM entity WHERE orphaned_at IS NOT NULL").await, 1);
    // it stays orphaned and is not told again; without prune nothing is orphaned
    assert_eq!(prune(&pool, 2, &less).await.expect("a report").counts(), counts(0, 0, 3, 0, 0));
    assert_eq!(apply(&pool, 3, "test", &shop()).await.counts(), counts(0, 1, 3, 0, 0));
    assert_eq!(number(&pool, "SELECT count(*) FROM entity WHERE orphaned_at IS NOT NULL").await, 0);
    assert_eq!(
        number(&pool, "SELECT count(*) FROM activity WHERE verb IN ('entity.orphaned', 'entity.returned')")
            .await,
        2
    );
    assert_eq!(number(&pool, "SELECT count(*) FROM entity").await, 4);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn nothing_is_pruned_on_an_empty_or_damaged_answer(pool: PgPool) {
    apply_yaml(&pool, &shop()).await;
    for empty in ["", "---\n", "# moved\n"] {
        let refused = prune(&pool, 1, empty).await.expect_err("refused");
        assert!(refused.to_string().starts_with("documents are none at all"), "{refused}");
    }
    let damaged = format!("{}---\nkind: [\n", service("checkout", "basket", ""));
    let report = prune(&pool, 2, &damaged).await.expect("a report");
    assert!(report.refused.is_some_and(|r| r.starts_with("nothing was written: 1 document was rejected")));
    assert_eq!(
        number(&pool, "SELECT count(*) FROM entity WHERE orphaned_at IS NOT NULL OR version > 1").await,
        0
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn the_owner_follows_whoever_spoke_last(pool: PgPool) {
    let teams = [
        team("basket", None),
        user("imke", &["basket"]),
        team("pay", None),
        user("jo", &["pay"]),
        team("tax", None),
        user("li", &["tax"]),
    ]
    .concat();
    apply_yaml(&pool, &format!("{teams}{}", service("fee", "basket", ""))).await;
    let owner = "SELECT owner_ref || ' ' || (SELECT slug FROM team WHERE id = owner_team_id) FROM entity WHERE ref = 'component:default/fee'";
    assert_eq!(text(&pool, owner).await.as_deref(), Some("group:default/basket basket"));

    let mut call = Db::new(pool.clone())
        .call(token_of(&pool, "imke").await, monday() + SignedDuration::from_hours(1))
        .await
        .expect("call");
    ownership::hand_over(&mut call.cx(), "component:default/fee", "pay", "moved", None)
        .await
        .expect("handed over");
    // the same declaration does not undo it, even where something else changed
    apply(&pool, 2, "test", &service("fee", "basket", "system: till")).await;
    assert_eq!(text(&pool, owner).await.as_deref(), Some("group:default/pay pay"));
    // a new declaration is the newer statement
    apply(&pool, 3, "test", &service("fee", "tax", "system: till")).await;
    assert_eq!(text(&pool, owner).await.as_deref(), Some("group:default/tax tax"));
    let spans = text(&pool, "SELECT string_agg(owner_ref || ' ' || origin || (valid_until IS NULL)::text, ', ' ORDER BY valid_from) FROM ownership").await;
    assert_eq!(
        spans.as_deref(),
        Some(
            "group:default/basket descriptorfalse, group:default/pay portalfalse, group:default/tax descriptortrue"
        )
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_is_named_before_it_is_there_is_found_later(pool: PgPool) {
    let system = |domain: &str| {
        format!(
            "---\napiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {{name: till}}\nspec: {{owner: basket, domain: {domain}}}\n"
        )
    };
    apply(&pool, 0, "test", &service("fee", "basket", "system: till")).await;
    apply(&pool, 1, "test", &service("tax", "user:imke", "system: till")).await;
    assert_eq!(number(&pool, "SELECT count(*) FROM entity WHERE owner_team_id IS NOT NULL OR owner_person_id IS NOT NULL OR domain_ref IS NOT NULL").await, 0);
    apply(&pool, 2, "test", &[team("basket", None), user("imke", &["basket"]), system("Money")].concat())
        .await;
    assert_eq!(number(&pool, "SELECT count(*) FROM entity WHERE owner_team_id IS NOT NULL").await, 2);
    assert_eq!(number(&pool, "SELECT count(*) FROM entity WHERE owner_person_id IS NOT NULL").await, 1);
    assert_eq!(
        number(&pool, "SELECT count(*) FROM entity WHERE domain_ref = 'domain:default/money'").await,
        3
    );
    // what comes into the system later, and the system that moves
    apply(&pool, 3, "test", &service("late", "basket", "system: till")).await;
    assert_eq!(
        number(&pool, "SELECT count(*) FROM entity WHERE domain_ref = 'domain:default/money'").await,
        4
    );
    apply(&pool, 4, "test", &system("shop")).await;
    assert_eq!(
        number(&pool, "SELECT count(*) FROM entity WHERE domain_ref = 'domain:default/shop'").await,
        4
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn relations_said_from_either_side_meet(pool: PgPool) {
    let text = [
        team("basket", None),
        service("a", "basket", "dependsOn: ['component:b']"),
        service("b", "basket", "dependencyOf: ['component:a', 'component:c']"),
    ]
    .concat();
    apply_yaml(&pool, &text).await;
    let pairs =
        "SELECT string_agg(DISTINCT from_ref || ' ' || to_ref, ', ') FROM relation WHERE kind = 'dependsOn'";
    assert_eq!(
        text_of(&pool, pairs).await,
        "component:default/a component:default/b, component:default/c component:default/b"
    );
    // one sayer takes it back, the other still says it
    apply(&pool, 1, "test", &service("b", "basket", "")).await;
    assert_eq!(text_of(&pool, pairs).await, "component:default/a component:default/b");
}

async fn text_of(pool: &PgPool, sql: &'static str) -> String {
    text(pool, sql).await.unwrap_or_default()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn members_apply_what_is_theirs_and_no_more(pool: PgPool) {
    let teams =
        [team("basket", None), user("imke", &["basket"]), team("pay", None), user("jo", &["pay"])].concat();
    apply_yaml(&pool, &format!("{teams}{}{}", service("checkout", "basket", ""), service("fee", "pay", "")))
        .await;
    let imke = token_of(&pool, "imke").await;
    let mine = [
        service("checkout", "basket", "system: till"), // hers
        service("wish", "basket", ""),                 // new, for her team
        service("fee", "pay", "system: till"),         // another team's
        service("tax", "pay", ""),                     // new, for another team
        team("new", None),                             // a team
    ]
    .concat();
    let report =
        apply_as(&pool, imke.clone(), monday(), Request::yaml("test", mine)).await.expect("a report");
    assert_eq!(report.counts(), counts(1, 1, 0, 3, 0));
    assert_eq!(
        problems(&report),
        [
            "spec.owner is group:default/pay today: only its members, its lead, the teams above it and admins may change this",
            "spec.owner is group:default/pay, a team you are not in: its members, its lead, the teams above it and admins may apply this",
            "kind Group is taken in from admins only; ask one of those listed under People, or use their token of scope admin",
        ]
    );
    assert_eq!(
        text(&pool, "SELECT DISTINCT actor || ' ' || via FROM activity WHERE verb IN ('entity.updated')")
            .await
            .as_deref(),
        Some("imke apply")
    );
    // nor may she take away what is not hers
    let request =
        Request { prune: true, ..Request::yaml("test", service("checkout", "basket", "system: till")) };
    let report = apply_as(&pool, imke.clone(), monday(), request).await.expect("a report");
    assert_eq!(
        number(&pool, "SELECT count(*) FROM entity WHERE orphaned_at IS NOT NULL").await,
        1,
        "{report:#?}"
    );
    // what is hers alone is hers to take away
    apply(&pool, 1, "hers", &(service("diary", "user:imke", "") + &service("wallet", "user:imke", ""))).await;
    let request = Request { prune: true, ..Request::yaml("hers", service("diary", "user:imke", "")) };
    let report = apply_as(&pool, imke.clone(), monday(), request).await.expect("a report");
    assert_eq!(report.counts(), counts(0, 0, 1, 0, 1), "{report:#?}");
    for (actor, refused) in [
        (Actor::stranger(Via::Api), Error::Unauthenticated),
        (Actor { scope: Scope::Read, ..imke }, Error::Forbidden(String::new())),
    ] {
        let answer = apply_as(&pool, actor, monday(), Request::yaml("test", "")).await.expect_err("refused");
        assert_eq!(std::mem::discriminant(&answer), std::mem::discriminant(&refused), "{answer}");
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_the_portal_managed_is_adopted_with_its_facts(pool: PgPool) {
    apply_yaml(&pool, &shop()).await;
    // as if it had been registered and described in the portal
    sqlx::raw_sql(
        "UPDATE entity SET source_id = NULL, owner_declared = NULL, tier = 1 WHERE ref = 'component:default/fee';
         INSERT INTO entity_fact (entity_id, field, value, set_at) SELECT id, f, v::jsonb, now() FROM entity, (VALUES ('tier', '1'), ('runbook', '\"https://r.example\"')) x (f, v)
         WHERE ref = 'component:default/fee'",
    )
    .execute(&pool)
    .await
    .expect("made");
    let report = apply(&pool, 1, "other", &service("fee", "basket", "runbook: https://new.example")).await;
    assert_eq!(report.counts(), counts(0, 1, 0, 0, 0));
    let row = "SELECT tier || ' ' || runbook || ' ' || (SELECT name FROM source WHERE id = source_id) FROM entity WHERE ref = 'component:default/fee'";
    assert_eq!(text(&pool, row).await.as_deref(), Some("1 https://new.example other"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn groups_and_users_become_teams_and_people(pool: PgPool) {
    apply_yaml(
        &pool,
        &[team("shop", None), team("basket", Some("shop")), user("imke", &["basket"])].concat(),
    )
    .await;
    let tree = "SELECT t.slug || ' below ' || p.slug || ', ' || (SELECT count(*) FROM membership WHERE team_id = t.id AND valid_until IS NULL)
                FROM team t JOIN team p ON p.id = t.parent_id";
    assert_eq!(text(&pool, tree).await.as_deref(), Some("basket below shop, 1"));
    assert_eq!(
        number(&pool, "SELECT count(*) FROM entity WHERE team_id IS NOT NULL OR person_id IS NOT NULL").await,
        3
    );
    apply(&pool, 1, "test", &user("imke", &[])).await;
    assert_eq!(text(&pool, tree).await.as_deref(), Some("basket below shop, 0"));
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_team_follows_the_group_that_names_it_as_a_child(pool: PgPool) {
    let above = |name: &str, children: &str| {
        format!(
            "---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {{name: {name}}}\nspec: {{type: department, children: [{children}]}}\n"
        )
    };
    let parent = "SELECT a.slug FROM team t LEFT JOIN team a ON a.id = t.parent_id WHERE t.slug = 'basket'";
    let described = "SELECT count(*) FROM team WHERE slug = 'basket' AND 'parent' = ANY (described)";
    apply(&pool, 0, "test", &[team("basket", None), above("shop", "")].concat()).await;
    assert_eq!(text(&pool, parent).await, None);
    // the child's own document stays as it is
    apply(&pool, 1, "test", &above("shop", "basket")).await;
    assert_eq!(text(&pool, parent).await.as_deref(), Some("shop"));
    assert_eq!(number(&pool, described).await, 1);
    apply(&pool, 2, "test", &[above("shop", ""), above("sales", "basket")].concat()).await;
    assert_eq!(text(&pool, parent).await.as_deref(), Some("sales"));
    apply(&pool, 3, "test", &above("sales", "")).await;
    assert_eq!(text(&pool, parent).await, None);
    assert_eq!(number(&pool, described).await, 0);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn counts_per_choice_stay_true(pool: PgPool) {
    apply_yaml(&pool, &shop()).await;
    apply(&pool, 1, "test", &service("fee", "pay", "tier: 1\nsystem: till")).await;
    apply(&pool, 2, "test", &service("checkout", "basket", "")).await;
    let wrong = "SELECT count(*) FROM (
        SELECT kind, split_part(f, '=', 1) d, substr(f, strpos(f, '=') + 1) v, count(*) n FROM entity, unnest(facets || 'kind='::text) f GROUP BY 1, 2, 3) t
        FULL JOIN (SELECT * FROM facet_count WHERE n <> 0) c ON (c.kind, c.dimension, c.value) = (t.kind, t.d, t.v) WHERE c.n IS DISTINCT FROM t.n";
    assert_eq!(number(&pool, wrong).await, 0);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn applies_at_the_same_time_take_turns(pool: PgPool) {
    let text: String =
        (0..40).map(|n| service(&format!("s{n}"), "basket", &format!("system: x{}", n % 7))).collect();
    let (a, b, c) = tokio::join!(
        apply_as(&pool, Actor::system(), monday(), Request::yaml("one", text.clone())),
        apply_as(&pool, Actor::system(), monday(), Request::yaml("one", text.clone())),
        apply_as(&pool, Actor::system(), monday(), Request::yaml("two", text.clone())),
    );
    let all: Vec<Counts> = [a, b, c].into_iter().map(|r| r.expect("applied").counts()).collect();
    assert_eq!(all.iter().map(|c| c.created).sum::<usize>(), 40, "{all:?}");
    assert_eq!(number(&pool, "SELECT count(*) FROM entity").await, 40);
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_source_has_a_proper_name(pool: PgPool) {
    for name in ["", "Upper", "a b", "-a", "a/", &"x".repeat(129)] {
        let refused =
            apply_as(&pool, Actor::system(), monday(), Request::yaml(name, "")).await.expect_err("refused");
        assert!(refused.to_string().starts_with("source must be a name"), "{name}: {refused}");
    }
}
