//! Self-service in a real browser: from the landing page to a database that lets one in, a second person's word, a no that
//! looks like one, and the end of what was given for a while.

mod later;

use std::time::{Duration, Instant};

use portolan_domain::provisioning;
use sqlx::{Connection, PgConnection, PgPool};

use crate::support::{
    browser::{Browser, Driver},
    database::{Database, apart},
    mail::{MailServer, Mood},
    page::form_to,
    portal::Portal,
    process::{Process, data_folder},
};

const FORM: &str = "/provision/postgres-database";
/// Who asks, a member of Basket, and who leads it.
const ASKER: &str = "priya.nair";
const LEAD: &str = "imke.sorensen";

/// The demo company, with a server on which databases are made.
struct Fairhaven {
    portal: Portal,
    driver: Driver,
    /// The server's databases are in the same cluster as the test's own.
    server: Database,
}

impl Fairhaven {
    fn new(settings: &[(&str, &str)]) -> Self {
        let server = Database::new();
        let postgres = format!("main={}", server.url);
        let settings = [&[("PORTOLAN_PROVISION_POSTGRES", postgres.as_str())], settings].concat();
        Self { portal: Portal::demo_with(&settings), driver: Driver::start(), server }
    }

    async fn browser(&self, handle: &str) -> Browser {
        let browser = self.driver.browser(self.portal.url()).await;
        browser.act_as(&self.portal, handle).await;
        browser
    }

    /// Whether the server has a database of this name.
    fn has(&self, name: &str) -> bool {
        let (url, name) = (self.server.url.clone(), name.replace('-', "_"));
        apart(async move {
            let mut connection = PgConnection::connect(&url).await.expect("the server");
            let found =
                sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)");
            found.bind(name).fetch_one(&mut connection).await.expect("an answer")
        })
    }

    /// Time passes for all that was made: each of its dates comes so many days nearer. Then the portal looks what is due.
    fn days_pass(&self, days: f64) {
        let url = self.portal.database_url().to_owned();
        apart(async move {
            let pool = PgPool::connect(&url).await.expect("the database");
            let shift = "UPDATE provisioned_resource SET made_at = made_at - make_interval(secs => 86400 * $1), \
                         expires_at = expires_at - make_interval(secs => 86400 * $1), \
                         review_at = review_at - make_interval(secs => 86400 * $1), \
                         warn_at = warn_at - make_interval(secs => 86400 * $1)";
            sqlx::query(shift).bind(days).execute(&pool).await.expect("time passes");
        });
        self.portal.as_system(async |mut call| {
            Box::pin(provisioning::sweep_resources(&mut call.cx())).await.expect("it looks what is due");
        });
    }
}

/// A name that no other test has: databases of one cluster share their names.
fn unique(word: &str) -> String {
    let id = uuid::Uuid::now_v7().simple().to_string();
    format!("{word}-{}", &id[id.len() - 8..])
}

/// Whether the address lets one in, and the database there is one's own.
fn is_usable(url: &str) -> bool {
    let url = url.to_owned();
    apart(async move {
        let Ok(mut connection) = PgConnection::connect(&url).await else { return false };
        let made = "CREATE TABLE till (coins integer); INSERT INTO till VALUES (3); SELECT coins FROM till";
        sqlx::raw_sql(made).execute(&mut connection).await.is_ok()
    })
}

impl Browser {
    /// Chooses one of several.
    async fn choose(&self, field: &str, value: &str) {
        let script =
            "document.querySelector(`input[name='${arguments[0]}'][value='${arguments[1]}']`).click()";
        self.script(script, &[field.into(), value.into()]).await;
    }

    /// Follows the first link that leads there, whatever it says.
    async fn follow(&self, path: &str) {
        let script = "document.querySelector(`a[href^='${arguments[0]}']`).click()";
        self.script(script, &[path.into()]).await;
        self.arrives_at(path).await;
    }

    /// Waits for words that take as long as a run does.
    async fn comes_to_see(&self, words: &str) {
        self.waits_to_see(words, None).await;
    }

    /// Opens a page that does not change by itself until these words are on it.
    async fn opens_to_see(&self, path: &str, words: &str) {
        self.open(path).await;
        self.waits_to_see(words, Some(path)).await;
    }

    async fn waits_to_see(&self, words: &str, again: Option<&str>) {
        let until = Instant::now() + Duration::from_secs(50);
        while Instant::now() < until && !self.text().await.contains(words) {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if let Some(path) = again {
                self.open(path).await;
            }
        }
        self.sees(words).await;
    }

    /// What stands in the field with this label.
    async fn value(&self, label: &str) -> String {
        let script = "return [...document.querySelectorAll('label')].find((l) => l.textContent.trim().startsWith(arguments[0]))?.control?.value ?? ''";
        self.script(script, &[label.into()]).await.as_str().unwrap_or_default().to_owned()
    }
}

/// Somebody of the demo company goes in by one click.
async fn comes_in(driver: &Driver, portal: &Process, handle: &str) -> Browser {
    let browser = driver.browser(&portal.url).await;
    browser.open("/sign-in").await;
    let persona = "document.querySelector(`input[name=handle][value='${arguments[0]}']`).form.querySelector('button').click()";
    browser.script(persona, &[handle.into()]).await;
    browser.arrives_at("/").await;
    browser
}

/// What `make run` gives: the demo company with a Postgres of its own, where databases can be had without any setting.
#[tokio::test]
async fn from_the_landing_page_to_a_database_that_lets_one_in_within_a_minute() {
    let data = data_folder();
    let portal = Process::on_folder(data.path(), &["--demo"]);
    portal.until_ready().await;
    let driver = Driver::start();
    let browser = comes_in(&driver, &portal, LEAD).await;

    let began = Instant::now();
    browser.open("/provision").await;
    browser.sees("Package with standard infrastructure code").await;
    browser.follow(FORM).await;
    browser.fill("Name", "gift-ideas").await;
    browser.sees("Basket has 0 of 8 databases").await; // said while it is typed
    browser.press("Get it").await;
    browser.arrives_at("/provision/requests/").await;
    browser.comes_to_see("It is there").await;
    browser.press("gift-ideas-db and its credentials").await;
    browser.arrives_at("/provision/resources/").await;
    browser.press("Show once").await;
    browser.sees("They stand here this once").await;
    let url = browser.value("Address with the password").await;
    assert!(is_usable(&url), "the credentials that the page showed let nobody in");
    assert!(began.elapsed() < Duration::from_mins(1), "it took {:?}", began.elapsed());

    let password = browser.value("Password").await;
    assert!(password.len() >= 16 && url.contains(&password), "a password that nobody guesses");
    let resource = browser.path().await.replace("/credentials", "");
    browser.open(&resource).await;
    browser.sees("was shown to Imke Sørensen").await;
    let source = browser.client.source().await.expect("its source");
    assert!(!source.contains(&password), "the page shows it a second time");
    browser.press("In the catalog").await;
    browser.arrives_at("/catalog/resource/default/gift-ideas-db").await;
    browser.sees("It belongs to Basket.").await;
    browser.sees("Data Platform").await;
    browser.open("/").await;
    assert!(!browser.text().await.contains("What came of what you asked"), "its credentials were seen");
    browser.close().await;
    assert!(portal.stop().success());
}

#[tokio::test]
async fn a_second_person_says_yes_and_the_first_cannot() {
    let fairhaven = Fairhaven::new(&[]);
    let name = unique("orders");
    let (asker, lead) = (fairhaven.browser(ASKER).await, fairhaven.browser(LEAD).await);

    asker.open(FORM).await;
    asker.fill("Name", &name).await;
    asker.choose("p-size", "large").await;
    assert!(!asker.text().await.contains("decides by it"), "nobody has to be told why before");
    asker.sees("It costs €402 a month. Up to medium nobody needs to agree.").await;
    asker.sees("Needs 1 approval").await;
    asker.sees("Whoever has to agree decides by it").await; // asked for as soon as somebody has to
    asker.fill("Why", "Two thousand orders an hour").await;
    asker.press("Ask for it").await;
    asker.arrives_at("/provision/requests/").await;
    asker.sees("Waits for approval").await;
    let page = asker.path().await;
    assert!(!asker.text().await.contains("Agree"), "nobody is offered to agree to their own");
    let mut own = fairhaven.portal.signed_in(ASKER);
    let csrf = form_to(&own.get(&page).body, &format!("{page}/cancellation")).fields.remove(0);
    assert_eq!(csrf.0, "csrf");
    let forged = own.post(&format!("{page}/decision"), &[("csrf", &csrf.1), ("agreed", "yes")]);
    assert_eq!(forged.status, 403, "{}", forged.body);
    assert!(forged.body.contains("Nobody approves what they asked for themselves"), "{}", forged.body);

    lead.open("/provision/requests?tab=waiting").await;
    lead.sees(&name).await;
    lead.follow(&page).await;
    lead.sees("Your word is needed").await;
    lead.sees("“Two thousand orders an hour”").await;
    lead.sees("It costs €402 a month.").await;
    for told in [
        "What is different",
        "Usually",
        "small",
        "large",
        "What the guardrails say",
        "Basket and PostgreSQL database",
    ] {
        lead.sees(told).await;
    }
    lead.sees("Fits: Basket has 0 of 8 databases.").await;
    assert!(!fairhaven.has(&name), "nothing is made before the word is said");
    lead.fill("A word to them", "For the winter campaign").await;
    lead.press("Agree").await;
    lead.sees("Agreed.").await;
    // the page of whoever asked hears of it by itself
    asker.comes_to_see("It is there").await;
    asker.sees("“For the winter campaign”").await;
    assert!(fairhaven.has(&name));
    asker.close().await;
    lead.close().await;
}

#[tokio::test]
async fn a_no_is_said_at_the_field_and_on_the_page_and_never_looks_like_a_success() {
    let fairhaven = Fairhaven::new(&[]);
    let name = unique("tills");
    let (asker, lead) = (fairhaven.browser(ASKER).await, fairhaven.browser(LEAD).await);

    // by policy: before anything is written
    asker.open(FORM).await;
    asker.fill("Name", &name).await;
    asker.choose("p-size", "large").await;
    asker.fill("Environment", "staging").await;
    asker.sees("Stops: Large is for production.").await; // said while it is typed
    asker.sees("Ask for a waiver").await; // all that can be asked for now
    let text = asker.text().await;
    assert!(!text.contains("Ask for it") && !text.contains("Needs 1 approval"), "{text}");
    asker.press("Check again").await;
    asker.sees("One thing needs mending").await;
    let at_the_field = "return document.getElementById('e-p-size')?.textContent ?? ''";
    let told = asker.script(at_the_field, &[]).await;
    assert!(told.as_str().is_some_and(|t| t.contains("Large is for production.")), "{told}");
    assert_eq!(asker.path().await, FORM);
    assert_eq!(asker.value("Name").await, name, "what was typed is kept");
    asker.open("/provision/requests").await;
    assert!(!asker.text().await.contains(&name), "nothing was asked for");

    // by a person: with their words
    asker.open(FORM).await;
    asker.fill("Name", &name).await;
    asker.choose("p-size", "large").await;
    asker.sees("Needs 1 approval").await;
    asker.press("Ask for it").await;
    asker.arrives_at("/provision/requests/").await;
    let page = asker.path().await;
    lead.open(&page).await;
    lead.press("Refuse").await;
    lead.sees("say what would have to be different").await; // a no needs its reason
    lead.fill("A word to them", "Use the one of the summer").await;
    lead.press("Refuse").await;
    lead.sees("Refused").await;
    asker.comes_to_see("Imke Sørensen said no").await;
    let card = "return [...document.querySelectorAll('#wrong, #wrong ~ *')].map((e) => e.innerText.trim().replace(/\\s+/g, ' '))";
    let card = asker.script(card, &[]).await;
    assert_eq!((&card[0], &card[1]), (&"Imke Sørensen said no".into(), &"Use the one of the summer".into()));
    assert_eq!(card[3], "Ask again with changes Ask Data Platform", "{card}");
    let text = asker.text().await;
    assert!(!text.contains("Ask them"), "{text}");
    for success in ["It is there", "It is done", "Being made"] {
        assert!(!text.contains(success), "{success:?} is on {text}");
    }
    let pill =
        asker.script("return document.querySelector('.idline .status--pill')?.className ?? ''", &[]).await;
    assert!(pill.as_str().is_some_and(|class| class.contains("danger")), "{pill}");
    asker.open("/provision/requests").await;
    asker.sees("Refused").await;
    asker.open("/").await;
    asker.sees("What came of what you asked").await;
    asker.sees("Use the one of the summer").await;
    assert!(!fairhaven.has(&name));
    asker.close().await;
    lead.close().await;
}

#[tokio::test]
async fn what_was_given_for_a_while_is_warned_of_and_goes_but_for_what_is_important() {
    let mail = MailServer::start(Mood::Good);
    let settings = [("PORTOLAN_SMTP_URL", mail.url()), ("PORTOLAN_MAIL_FROM", "portolan@example.org".into())];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let fairhaven = Fairhaven::new(&settings);
    let (small, important) = (unique("trial"), unique("check"));
    let asker = fairhaven.browser(ASKER).await;
    let mut links = Vec::new();
    // the one is for nothing in particular, the other for a service of tier 0
    for (name, service) in [(&small, ""), (&important, "checkout-api")] {
        asker.open(FORM).await;
        asker.fill("Name", name).await;
        asker.fill("Environment", "staging").await;
        asker.fill("Service", service).await;
        asker.press("Get it").await;
        asker.comes_to_see("It is there").await;
        asker.press(&format!("{name}-db and its credentials")).await;
        asker.arrives_at("/provision/resources/").await;
        asker.sees("Ends").await;
        links.push(asker.path().await);
    }

    fairhaven.days_pass(17.0);
    let told = format!("{small}-db: it is cleaned up on");
    mail.until(|letters| {
        let about = |l: &&crate::support::mail::Letter| l.text.contains(&told) || l.head.contains(&told);
        letters.iter().filter(about).any(|l| l.to.contains(ASKER))
    });
    assert!(fairhaven.has(&small), "a warning takes nothing away");

    fairhaven.days_pass(11.0); // the last warning
    fairhaven.days_pass(3.0);
    asker.open(&links[0]).await;
    for _ in 0..100 {
        if asker.text().await.contains("Removed") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        asker.open(&links[0]).await;
    }
    asker.sees("Removed").await;
    assert!(!fairhaven.has(&small), "its time is over");

    // what tier 0 rests on waits for a word
    asker.open(&links[1]).await;
    asker.sees("is at it").await;
    asker.press("Look at it").await;
    asker.sees("Waits for approval").await;
    asker.sees("by Portolan itself").await;
    let page = asker.path().await;
    assert!(fairhaven.has(&important), "nobody said that it may go");
    let lead = fairhaven.browser(LEAD).await;
    lead.open(&page).await;
    lead.sees("a service of tier 0 or 1 uses it").await;
    lead.press("Agree").await;
    asker.comes_to_see("It is gone").await;
    assert!(!fairhaven.has(&important));
    asker.close().await;
    lead.close().await;
}

/// A plan is looked at before it is applied; what was made is taken over with its module, its variables and its state, and
/// Terraform itself finds that nothing is left to change.
#[tokio::test]
async fn with_terraform_a_plan_is_agreed_to_applied_and_taken_over() {
    let data = data_folder();
    let portal = Process::on_folder(data.path(), &["--demo"]);
    portal.until_ready().await;
    let driver = Driver::start();
    let asker = comes_in(&driver, &portal, LEAD).await;
    let runtime = comes_in(&driver, &portal, "yusuf.demir").await;

    asker.open("/provision/dns-name").await;
    asker.fill("Name", "gifts").await;
    asker.fill("Leads to", "edge.fairhaven.example").await;
    asker.fill("Service", "checkout-api").await;
    asker.press("Get it").await;
    asker.arrives_at("/provision/requests/").await;
    asker.comes_to_see("waits for somebody’s word").await;
    let page = asker.path().await;
    runtime.open(&page).await;
    runtime.sees("terraform_data.record will be created").await;
    runtime.press("Agree").await;
    asker.comes_to_see("It is there").await;
    asker.sees("gifts.fairhaven.example 300 IN CNAME edge.fairhaven.example.").await;

    asker.press("gifts.fairhaven.example").await;
    asker.arrives_at("/provision/resources/").await;
    asker.sees("Terraform states").await;
    let resource = asker.path().await;
    asker.press("Take it over").await;
    asker.sees("From then on Basket alone operates").await;
    asker.press("Take it over").await;
    asker.comes_to_see("It is yours").await;
    asker.open(&resource).await;
    asker.sees("It is Basket’s own now").await;
    asker.sees("Taken over").await;

    let download = "const form = document.querySelector('form[action$=\"/export\"]');
        return fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) }).then((a) => a.text());";
    let state = asker.script(download, &[]).await;
    let folder = data.path().join("taken");
    let bare = data.path().join("demo/repositories/basket/gifts-dns.git");
    let git = ["-c", "safe.directory=*", "clone", "--quiet"].map(std::ffi::OsStr::new);
    run("git", git.into_iter().chain([bare.as_os_str(), folder.as_os_str()]), data.path());
    std::fs::write(folder.join("terraform.tfstate"), state.as_str().expect("a state")).expect("it is kept");
    run("terraform", ["init", "-input=false"], &folder);
    // 2 would say that something is to be changed
    run("terraform", ["plan", "-input=false", "-detailed-exitcode"], &folder);
    asker.close().await;
    runtime.close().await;
}

/// Runs a program in a folder; `terraform` may be `tofu`.
fn run<A: AsRef<std::ffi::OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = A>,
    folder: &std::path::Path,
) {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let named =
        |program: &str| std::process::Command::new(program).args(&arguments).current_dir(folder).output();
    let ended = match named(program) {
        Err(_) if program == "terraform" => named("tofu").expect("terraform or tofu is there"),
        ended => ended.unwrap_or_else(|error| panic!("{program}: {error}")),
    };
    assert!(
        ended.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat())
    );
}
