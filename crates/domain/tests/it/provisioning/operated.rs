//! Who answers for what was made, who pays for it, who decides about it, and who hears what came of it.

use jiff::civil::date;
use portolan_domain::{
    incidents::{self, NewFailureMode},
    levels::Impact,
    paging::{self, NewPage, NewWindow, Whom},
    rota::{self, OnCall, Purpose},
};
use portolan_testkit::rota::{on_call, weekly};

use super::*;

const TAKE: &str = "    - { name: take, title: Take it over, effect: eject, steps: [{ id: hand, uses: fake.tell }] }\n    - { name: grow";

/// What people are told of an event: `handle: subject | text | reason | link`.
async fn told(pool: &PgPool, event: &str) -> Vec<String> {
    sqlx::query_scalar("SELECT p.handle || ': ' || n.subject || ' | ' || n.body || ' | ' || n.reason || ' | ' || n.link FROM notice n JOIN person p ON p.id = n.person_id WHERE n.event = $1 ORDER BY n.id")
        .bind(event)
        .fetch_all(pool)
        .await
        .unwrap()
}

impl Shop {
    /// Imke's database of that name.
    async fn made(&self, name: &str) -> provisioning::Resource {
        let number = self.ask(json!({ "name": name })).await.unwrap().number;
        self.work(done).await;
        let id = self.request(number).await.resource.unwrap().id;
        let mut call = self.bed.as_person(&self.imke).await;
        provisioning::resource(&mut call.cx(), id).await.unwrap()
    }

    async fn act(&self, on: &provisioning::Resource, action: &str) -> portolan_domain::Result<Request> {
        let mut call = self.bed.as_person(&self.imke).await;
        provisioning::act(&mut call.cx(), self.key(), on.id, action, Map::new(), "", None).await
    }

    async fn offers(&self, text: &str) {
        let mut call = self.bed.as_system().await;
        provisioning::write_offering(&mut call.cx(), text, &executors()).await.unwrap();
    }

    async fn answers(&self, name: &str) -> portolan_domain::Result<OnCall> {
        let mut call = self.bed.as_person(&self.imke).await;
        rota::on_call_of_entity(&mut call.cx(), name, Purpose::OnCall, None).await
    }

    async fn entity(&self, reference: &str) -> catalog::Entity {
        let mut call = self.bed.as_person(&self.imke).await;
        let reference = EntityRef::parse(reference, None, "default").unwrap();
        catalog::get(&mut call.cx(), &reference).await.unwrap()
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_operates_it_answers_for_it_until_it_is_taken_over(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    shop.offers(&OFFERING.replace("    - { name: grow", TAKE)).await;
    let made = shop.made("slots").await;
    assert_eq!(made.operated_by.slug, "platform");
    let entity = shop.entity("resource:slots-db").await;
    assert_eq!(entity.operator.as_ref().map(|t| t.slug.as_str()), Some("platform"));
    assert!(
        entity.descriptor.get().contains(r#""portolan.dev/operated-by": "platform""#),
        "{}",
        entity.descriptor
    );

    // nobody is on call there: nobody leads it either, and the answer says so
    let nobody = shop.answers("slots-db").await.unwrap();
    assert_eq!((nobody.team.as_ref().unwrap().slug.as_str(), nobody.people().len()), ("platform", 0));
    shop.bed.lead(&shop.pia, &shop.bed.team_named("platform").await).await;
    let lead = shop.answers("resource:slots-db").await.unwrap();
    assert_eq!(lead.first().map(|p| p.handle.as_str()), Some("pia"));
    assert_eq!(lead.owner.as_deref(), Some("Basket"));
    assert!(lead.why[0].contains("is operated by Platform"), "{:?}", lead.why);

    // a name without its kind: any entity has it; of several whom different teams answer for, all are named
    let weeks = weekly(date(2026, 11, 2).at(9, 0, 0, 0), &["pia"]);
    let mut pia = shop.bed.as_person(&shop.pia).await;
    rota::create_schedule(
        &mut pia.cx(),
        on_call("platform", "nights", "Europe/Amsterdam", vec![weeks]),
        "until Ben comes",
    )
    .await
    .unwrap();
    let now = shop.answers("slots-db").await.unwrap();
    assert_eq!(now.people().first().map(|p| p.handle.as_str()), Some("pia"));
    apply_yaml(&pool, &service("slots-db", "basket", "")).await;
    let Err(Error::Invalid(problems)) = shop.answers("slots-db").await else { panic!("it is ambiguous") };
    assert!(
        problems[0].message.ends_with("component:default/slots-db, resource:default/slots-db"),
        "{problems:?}"
    );
    assert!(matches!(shop.answers("nothing").await, Err(Error::NotFound { .. })));

    // whoever is paged for it is theirs too
    let mut call = shop.bed.as_person(&shop.imke).await;
    let page = NewPage {
        whom: Whom::Entity(entity.reference.clone()),
        summary: "It is full".into(),
        impact: "Nobody can order.".into(),
        how_bad: Impact::Outage,
        urgency: None,
        environment: String::new(),
        link: None,
    };
    assert_eq!(paging::raise(&mut call.cx(), page).await.unwrap().team.slug, "platform");

    // taken over: it is its owner's alone, and stays in the team's list
    shop.act(&made, "take").await.unwrap();
    shop.work(done).await;
    let taken = provisioning::resource(&mut call.cx(), made.id).await.unwrap();
    assert_eq!((taken.state, taken.operated_by.slug.as_str()), (ResourceState::Ejected, "basket"));
    assert_eq!((taken.supported_by.slug.as_str(), taken.cost, taken.expires_at), ("basket", None, None));
    assert_eq!((taken.review_at, taken.is_behind()), (None, false));
    assert_eq!(taken.ended_by.as_ref().map(|p| p.handle.as_str()), Some("imke"));
    let entity = shop.entity("resource:slots-db").await;
    assert!(entity.operator.is_none() && !entity.descriptor.get().contains("operated-by"));
    assert_eq!(shop.answers("slots-db").await.unwrap().team.unwrap().slug, "basket", "one team for both");
    let refused = shop.act(&taken, "grow").await.unwrap_err();
    assert!(refused.to_string().contains("was taken over by Basket"), "{refused}");
    let filter = ResourceFilter { team: Some(shop.basket.id), taken_over: true, ..ResourceFilter::default() };
    let all = provisioning::resources(&mut call.cx(), &filter, None, Limit::default()).await.unwrap();
    assert_eq!((all.items.len(), all.total), (1, 1));
    shop.bed.wait((400 * 24).hours());
    let due = ResourceFilter { due_before: Some(shop.bed.now()), ..filter };
    let due = provisioning::resources(&mut call.cx(), &due, None, Limit::default()).await.unwrap();
    assert_eq!((due.items.len(), due.total), (0, 0), "nobody is asked about it any more");
    assert_eq!(
        told(&pool, "provisioning.succeeded").await.last().unwrap().split(" | ").next(),
        Some("imke: Taken over: PostgreSQL database slots-db")
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_removal_is_told_as_one(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    let (one, two) = (shop.made("one").await, shop.made("two").await);
    let asked = shop.act(&one, "remove").await.unwrap();
    assert_eq!(
        (asked.title().as_str(), asked.effect),
        ("Remove: one-db", Some(provisioning::Effect::Remove))
    );
    shop.work(done).await;
    let mut all = told(&pool, "provisioning.succeeded").await;
    assert_eq!(
        all.pop().unwrap(),
        format!(
            "imke: Removed: PostgreSQL database one-db | It is gone, and cannot be had back from here. | You asked for it. | {}",
            asked.link()
        )
    );
    assert!(all.iter().all(|line| line.starts_with("imke: Ready: PostgreSQL database")), "{all:?}");
    // by itself: those hear of it who keep it
    for days in [24, 7] {
        shop.bed.wait((days * 24).hours());
        let mut system = shop.bed.as_system().await;
        Box::pin(provisioning::sweep_resources(&mut system.cx())).await.unwrap();
    }
    shop.work(done).await;
    let all = told(&pool, "provisioning.succeeded").await;
    let removed: Vec<_> = all.iter().filter(|line| line.contains(&two.name)).skip(1).collect();
    assert_eq!(removed.len(), 2, "{all:?}");
    for (line, who) in removed.into_iter().zip(["imke", "maya"]) {
        assert!(line.starts_with(&format!("{who}: Removed: PostgreSQL database two-db | ")), "{line}");
        assert!(line.contains(" | Its time was over, and Basket owns it. | "), "{line}");
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn a_waiver_waits_for_those_who_decide_and_for_an_admin_when_nobody_does(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    let root = shop.bed.admin("root").await;
    let today = shop.bed.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let new = NewWaiver {
        offering: "database".into(),
        guardrail: "cheap".into(),
        team: "basket".into(),
        reason: "the move takes two weeks".into(),
        ends_on: today.checked_add(30.days()).unwrap(),
    };
    let mut imke = shop.bed.as_person(&shop.imke).await;
    let asked = provisioning::ask_waiver(&mut imke.cx(), new).await.unwrap();
    let large = super::new(json!({ "name": "slots", "size": "large" }));
    let checked = provisioning::check(&mut imke.cx(), &large).await.unwrap();
    assert_eq!(checked.waivers.iter().map(|w| w.id).collect::<Vec<_>>(), [asked.id], "the form leads there");
    let small = provisioning::check(&mut imke.cx(), &super::new(json!({ "name": "slots" }))).await.unwrap();
    assert!(small.waivers.is_empty(), "where its guardrail holds nobody waits for it");
    let waits = async |who: &Person| {
        let mut call = shop.bed.as_person(who).await;
        provisioning::waivers_on_me(&mut call.cx()).await.unwrap()
    };
    assert_eq!(waits(&shop.pia).await.len(), 1);
    assert!(waits(&shop.imke).await.is_empty() && waits(&shop.maya).await.is_empty());
    assert!(waits(&root).await.is_empty(), "it is the team's first");
    shop.bed.wait(73.hours());
    assert_eq!(waits(&root).await.len(), 1, "nothing waits for ever");
    let letters = told(&pool, "waiver.moved").await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let wanted =
        format!(" | imke asks for it, and it is yours to decide. | /provision/waivers#waiver-{}", asked.id);
    assert!(
        letters[0].starts_with("pia: A waiver is asked for: cheap of PostgreSQL database for Basket | "),
        "{letters:?}"
    );
    assert!(letters[0].to_lowercase().ends_with(&wanted), "{letters:?}");
    let mut pia = shop.bed.as_person(&shop.pia).await;
    provisioning::decide_waiver(&mut pia.cx(), asked.id, false, "share one").await.unwrap();
    assert!(waits(&shop.pia).await.is_empty());
    let letters = told(&pool, "waiver.moved").await;
    assert!(
        letters[1].starts_with("imke: A waiver is refused") && letters[1].contains("share one"),
        "{letters:?}"
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_came_of_it_is_told_until_it_is_taken_up(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let results = async || {
        let mut call = shop.bed.as_person(&shop.imke).await;
        let all = provisioning::results_of_mine(&mut call.cx(), Limit::new(5).unwrap()).await.unwrap();
        all.items.into_iter().map(|r| (r.number, r.state)).collect::<Vec<_>>()
    };
    let failing = shop.ask(json!({ "name": "broken" })).await.unwrap().number;
    shop.work(|todo| if todo.undo { done(todo) } else { failed(Blame::Input, false) }).await;
    assert_eq!(results().await, [(failing, State::Failed)]);
    let made = shop.made("broken").await;
    let number = made.request_number;
    assert_eq!(results().await, [(number, State::Succeeded)], "asked anew: the first is history");
    let mut call = shop.bed.as_person(&shop.imke).await;
    provisioning::reveal(&mut call.cx(), shop.key(), made.id).await.unwrap();
    assert!(results().await.is_empty(), "whoever has its credentials knows that it is there");
    let lost = shop.ask(json!({ "name": "lost" })).await.unwrap().number;
    shop.work(|todo| if todo.undo { done(todo) } else { failed(Blame::Input, false) }).await;
    let other = shop.made("other").await.request_number;
    let both = [(other, State::Succeeded), (lost, State::Failed)];
    assert_eq!(results().await, both, "something else that is asked for hides nothing");
    shop.bed.wait((8 * 24).hours());
    assert!(results().await.is_empty(), "old news");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn who_pays_is_what_the_team_says_unless_the_request_does(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    let group = "---\napiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: basket, annotations: {portolan.dev/cost-centre: '4410', fairhaven.example/cost-centre: '77'}}\nspec: {type: team, children: []}\n";
    apply_yaml(&pool, group).await;
    let checked = {
        let mut call = shop.bed.as_person(&shop.imke).await;
        provisioning::check(&mut call.cx(), &new(json!({ "name": "slots" }))).await.unwrap()
    };
    assert_eq!(checked.cost_centre, "4410");
    let made = shop.made("slots").await;
    assert_eq!(
        (made.cost_centre.as_str(), shop.request(made.request_number).await.cost_centre.as_str()),
        ("4410", "4410")
    );
    let own = NewRequest { cost_centre: "900".into(), ..new(json!({ "name": "own" })) };
    assert_eq!(shop.ask_as(&shop.imke, own, None).await.unwrap().cost_centre, "900");
    // an organisation calls it what it wants
    let root = shop.bed.admin("root").await;
    let mut call = shop.bed.as_person(&root).await;
    let usual = settings::show(&mut call.cx()).await.unwrap();
    let named = |name: &str| Settings { cost_centre_annotation: name.into(), ..usual.clone() };
    assert!(matches!(settings::change(&mut call.cx(), named("")).await, Err(Error::Invalid(_))));
    settings::change(&mut call.cx(), named("fairhaven.example/cost-centre")).await.unwrap();
    let checked = provisioning::check(&mut call.cx(), &new(json!({ "name": "third" }))).await.unwrap();
    assert_eq!(checked.cost_centre, "77");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_waits_for_a_word_is_named_with_its_place(pool: PgPool) {
    let shop = Shop::new(pool).await;
    let large = json!({ "name": "slots", "size": "large" });
    let asked = NewRequest { service: "till".into(), environment: "production".into(), ..new(large) };
    shop.ask_as(&shop.imke, asked, None).await.unwrap();
    let mut maya = shop.bed.as_person(&shop.maya).await;
    let waits = provisioning::waits_on_me(&mut maya.cx()).await.unwrap();
    assert_eq!(
        (waits[0].title.as_str(), waits[0].environment.as_str(), waits[0].service.as_deref()),
        ("PostgreSQL database slots", "production", Some("till"))
    );
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn code_is_operated_by_whoever_it_was_made_for_unless_the_offering_says_otherwise(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    let code = OFFERING.replace("kind: resource, type: database", "kind: component, type: service");
    shop.offers(&code).await;
    assert_eq!(shop.made("slots").await.operated_by.slug, "basket");
    let entity = shop.entity("component:slots-db").await;
    assert_eq!(entity.answers().map(|team| team.slug).as_deref(), Some("basket"), "its owner");
    shop.offers(&code.replace("  owner: platform\n", "  owner: platform\n  operatedBy: platform\n")).await;
    assert_eq!(shop.made("other").await.operated_by.slug, "platform");
    // a result of the steps may be its name, and a schema's branches have parameters too
    let named = code.replace("${{ params.name }}-db", "${{ steps.make.database }}");
    let branch = "    allOf: [{ if: { required: [name] }, then: { properties: { zone: { type: string } } } }]\n    required: [name]\n    additionalProperties: false\n";
    let branched = OFFERING.replace("    required: [name]\n    additionalProperties: false\n", branch);
    let asks = branched.replace("  guardrails:\n", "  guardrails:\n    - { name: zone, ensure: \"!has(params.zone) || params.zone != 'moon'\", otherwise: warn, message: far }\n");
    for text in [named, asks] {
        shop.offers(&text).await;
    }
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn what_stopped_waits_for_whoever_has_to_mend_it(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    let stopped = async |person: &Person| {
        let mut call = shop.bed.as_person(person).await;
        let all = provisioning::stopped_for_me(&mut call.cx(), Limit::new(5).unwrap()).await.unwrap();
        all.items.into_iter().map(|r| r.number).collect::<Vec<_>>()
    };
    let platform = shop.bed.team_named("platform").await;
    shop.bed.lead(&shop.pia, &platform).await;
    let theirs = shop.ask(json!({ "name": "slots" })).await.unwrap().number;
    shop.work(|_| failed(Blame::Platform, false)).await;
    assert_eq!(stopped(&shop.imke).await, [theirs], "whoever asked");
    assert_eq!(stopped(&shop.pia).await, [theirs], "whose offering it is");
    assert!(stopped(&shop.maya).await.is_empty(), "who neither asked nor offers it");
    let letters = told(&pool, "provisioning.needs-attention").await;
    assert!(letters.iter().any(|letter| letter.starts_with("pia: ")), "{letters:?}");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn whoever_operates_it_says_when_it_is_worked_on_and_how_it_fails(pool: PgPool) {
    let shop = Shop::new(pool.clone()).await;
    shop.made("slots").await;
    let entity = EntityRef::parse("resource:slots-db", None, "default").unwrap();
    let plans = async |person: &Person| {
        let mut call = shop.bed.as_person(person).await;
        let until = call.cx().now() + SignedDuration::from_hours(2);
        let new = NewWindow { entity: entity.clone(), from: None, until, reason: "new disks".into() };
        let planned = paging::plan_maintenance(&mut call.cx(), new).await?;
        paging::end_maintenance(&mut call.cx(), planned.0.id).await
    };
    assert!(plans(&shop.pia).await.is_ok(), "a member of Platform, who operates it");
    assert!(plans(&shop.imke).await.is_ok(), "a member of Basket, who owns it");
    let till = shop.bed.person("till").await;
    assert!(matches!(plans(&till).await, Err(Error::Forbidden(_))), "somebody of neither");
    let mut pia = shop.bed.as_person(&shop.pia).await;
    let new = NewFailureMode {
        name: "Disk full".into(),
        signs: "Writes fail.".into(),
        remedy: "Ask for a larger one.".into(),
        incident: None,
    };
    assert!(incidents::add_failure_mode(&mut pia.cx(), &entity, new).await.is_ok());
}
