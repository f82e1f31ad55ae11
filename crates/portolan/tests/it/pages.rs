//! Every page in a real browser: what a person with a screen reader, a keyboard, weak eyes or a small phone stumbles over.

use serde_json::Value;

use crate::support::{
    browser::{Browser, Driver},
    portal::Portal,
    routes,
    views::{VIEWS, address},
};

const CHECKS: &str = include_str!("checks.js");

/// Addresses that are no page of ours, each with its reason.
const NO_VIEWS: &[(&str, &str)] = &[
    ("/healthz", "for machines"),
    ("/readyz", "for machines"),
    ("/metrics", "for machines"),
    ("/api/v1/openapi.json", "for machines"),
    ("/api/docs/{*rest}", "the pages of a dependency"),
    ("/favicon.ico", "a picture"),
    ("/assets/{name}", "parts of pages"),
    ("/alert-integrations/{id}", "known by a key that is another in every portal; alerts.rs looks at it"),
    ("/holiday-calendars/{id}", "known by a key that is another in every portal; the clicks look at one"),
    ("/hand-overs/{id}", "known by a key that is another in every portal"),
    ("/escalation-policies/{slug}", "Fairhaven goes the usual way; alerts.rs looks at one"),
    ("/search/people", "choices of a field"),
    ("/provision/requests/{number}/parts", "a part of the page of a request"),
    ("/provision/requests/{number}/log", "text for machines"),
    ("/feeds/wins/{secret}", "for machines"),
    ("/live", "what the badges of every page are made of"),
    ("/search/quick", "a part of the palette, which is opened on every page"),
];

/// What is wrong on the page that the browser shows, at two widths.
async fn problems(browser: &Browser, shown: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for width in [360, 1440] {
        browser.size(width, 900).await;
        let found = browser.script(CHECKS, &[]).await;
        let found = found.as_array().unwrap_or_else(|| panic!("{shown}: no list but {found}"));
        problems.extend(found.iter().map(|p| format!("{shown} {width}: {}", p.as_str().unwrap_or_default())));
    }
    problems
}

/// Walks all views in one theme.
async fn walk(dark: bool) {
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    browser.dark(dark).await;
    let (mut looking, mut wrong) = ("", Vec::new());
    for (name, who, path) in VIEWS {
        if looking != *who {
            browser.act_as(&portal, who).await;
            looking = who;
        }
        for width in [360, 1440] {
            browser.size(width, 900).await;
            browser.open(&address(&portal, path)).await; // anew: the checks unfold and open what there is
            let found = browser.script(CHECKS, &[]).await;
            let found = found.as_array().unwrap_or_else(|| panic!("{name}: no list but {found}"));
            wrong.extend(found.iter().map(|p| format!("{name} {width}: {}", p.as_str().unwrap_or_default())));
        }
    }
    browser.close().await;
    assert!(wrong.is_empty(), "{} problems\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn nobody_stumbles_on_any_page_by_day() {
    walk(false).await;
}

#[tokio::test]
async fn nobody_stumbles_on_any_page_by_night() {
    walk(true).await;
}

#[test]
fn a_view_leads_to_every_page() {
    let portal = Portal::empty();
    portal.make_admin("ada");
    let mut admin = portal.signed_in("ada");
    let all = routes::of_pages();
    let read: Vec<_> =
        all.iter().filter(|route| routes::methods(&mut admin, route).contains("GET")).collect();
    let seen = |route: &str| VIEWS.iter().any(|(.., path)| routes::leads_to(path, route, &all));
    let apart = |route: &str| NO_VIEWS.iter().any(|(path, _)| *path == route);
    let unseen: Vec<_> = read.iter().filter(|route| !seen(route) && !apart(route)).collect();
    assert!(unseen.is_empty(), "no view leads to {unseen:#?}");
    for (route, _) in NO_VIEWS {
        assert!(read.iter().any(|r| r == route) && !seen(route), "{route} is no exception");
    }
}

/// Pages that no address leads to: what the answer to a form shows.
#[tokio::test]
async fn nobody_stumbles_on_the_answers_of_forms() {
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    let mut wrong = Vec::new();
    for dark in [false, true] {
        browser.dark(dark).await;
        browser.act_as(&portal, "").await;
        browser.open(&format!("/sign-in/{}", portal.sign_in_link("maya.chen"))).await;
        wrong.extend(problems(&browser, "a sign-in link").await);
        browser.open("/sign-in").await;
        browser.press("Use an account instead").await;
        browser.fill("E-mail or handle", "maya.chen").await;
        browser.fill("Password", "not the right one").await;
        browser.press("Sign in").await;
        browser.sees("Not signed in").await;
        wrong.extend(problems(&browser, "a refused sign-in").await);

        browser.act_as(&portal, "noor.vandenberg").await;
        browser.open("/account/tokens/new").await;
        browser.fill("What is it for?", "pipeline").await;
        browser.press("Make token").await;
        browser.sees("ptl_").await;
        wrong.extend(problems(&browser, "a token just made").await);
        browser.open("/people/maya.chen").await;
        browser.press("Make a sign-in link").await;
        browser.sees("/sign-in/").await;
        wrong.extend(problems(&browser, "a link just made").await);
        browser.open("/changes/hooks").await;
        browser.fill("Name", "fairhaven").await;
        browser.press("Make the hook").await;
        browser.sees("/api/v1/integrations/").await;
        wrong.extend(problems(&browser, "a hook just made").await);

        for (path, button) in [
            ("/catalog/register", "Register it"),
            ("/teams/new", "Make team"),
            ("/people/new", "Make person"),
        ] {
            browser.open(path).await;
            // past the browser's own check, to the portal's
            browser
                .script("document.querySelectorAll('main form').forEach((f) => f.noValidate = true)", &[])
                .await;
            browser.press(button).await;
            browser.sees("Not saved yet").await;
            wrong.extend(problems(&browser, &format!("{path} refused")).await);
        }
    }
    browser.close().await;
    assert!(wrong.is_empty(), "{} problems\n{}", wrong.len(), wrong.join("\n"));
}

/// Pages of an update: their addresses are others in every portal.
#[tokio::test]
async fn nobody_stumbles_on_writing_and_choosing() {
    let portal = Portal::empty();
    portal.as_system(crate::wins_journey::company);
    crate::wins_journey::ten_wait(&portal);
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    let mut wrong = Vec::new();
    browser.act_as(&portal, "lena").await;
    let write = portal.signed_in("lena").get("/wins/write").location().to_owned();
    for dark in [false, true] {
        browser.dark(dark).await;
        browser.open(&write).await;
        wrong.extend(problems(&browser, "an update with nothing in it").await);
    }
    browser.size(1440, 900).await;
    browser.open(&write).await;
    browser.press("Hand to Commerce").await;
    browser.sees("That was not done").await;
    wrong.extend(problems(&browser, "a press that was refused").await);
    browser.size(1440, 900).await;
    browser.open(&write).await;
    for n in [1, 2, 8] {
        let tick = format!(
            "[...document.querySelectorAll('label')].find((l) => l.textContent === 'What happened, number {n}').control.click()"
        );
        browser.script(&tick, &[]).await;
    }
    browser.press("Take the ticked in").await;
    browser.sees("3 taken in").await;
    wrong.extend(problems(&browser, "an update").await);
    browser.open(&write).await;
    let entry = browser.script("return document.querySelector('[data-entry]').dataset.entry", &[]).await;
    let entry = format!("/wins/entries/{}", entry.as_str().expect("an entry"));
    browser.size(1440, 900).await;
    browser.press("Hand to Commerce").await;
    browser.sees("Take it back").await;
    wrong.extend(problems(&browser, "what was handed up").await);
    browser.act_as(&portal, "dirk").await;
    let choose = format!("{}/choose", portal.signed_in("dirk").get("/wins/write").location());
    for dark in [false, true] {
        browser.dark(dark).await;
        browser.open(&choose).await;
        wrong.extend(problems(&browser, "choosing").await);
    }
    browser.size(1440, 900).await;
    browser.open(&choose).await;
    browser.script("for (const box of document.querySelectorAll('input[name=pick]')) box.click()", &[]).await;
    browser.press("Lift the ticked").await;
    browser.sees("As Basket wrote it").await;
    wrong.extend(problems(&browser, "lines beside their originals").await);
    browser.act_as(&portal, "eva").await;
    for path in [entry.clone(), "/wins/mine".to_owned()] {
        browser.open(&path).await;
        wrong.extend(problems(&browser, &path).await);
    }
    browser.close().await;
    assert!(wrong.is_empty(), "{} problems\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn nobody_stumbles_on_the_first_set_up() {
    let portal = Portal::empty();
    let link = portal.set_up_path();
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    let mut wrong = Vec::new();
    for dark in [false, true] {
        browser.dark(dark).await;
        browser.open(&link).await;
        wrong.extend(problems(&browser, "the set-up").await);
        browser.script("document.querySelector('main form').noValidate = true", &[]).await;
        browser.press("Become the first admin").await;
        browser.sees("12 characters").await;
        wrong.extend(problems(&browser, "a refused set-up").await);
    }
    // an empty portal: lists that say why they are empty
    portal.make_admin("ada");
    browser.act_as(&portal, "ada").await;
    for path in [
        "/",
        "/catalog",
        "/teams",
        "/findings",
        "/changes",
        "/changes/running",
        "/changes/hooks",
        "/activity",
        "/usage",
        "/search?q=x",
    ] {
        browser.open(path).await;
        wrong.extend(problems(&browser, &format!("{path} with nothing in it")).await);
    }
    browser.close().await;
    assert!(wrong.is_empty(), "{} problems\n{}", wrong.len(), wrong.join("\n"));
}

/// Markup and styles, and what the checks must say of a page that has them.
const SPOILT: &[(&str, &str, &[&str])] = &[
    ("<h1>Again</h1>", "", &["2 first headings"]),
    ("<h5>Too deep</h5>", "", &["jumps from level"]),
    ("<h2>&#160;</h2>", "", &["a heading is empty"]),
    ("<main>Again</main>", "", &["2 main landmarks"]),
    ("<nav>One</nav><nav>Two</nav>", "", &["one of several navigations has no name"]),
    ("<div role=region>One</div>", "", &["a region has no name"]),
    ("<input name=x>", "", &["a field has no label", "a control has no name"]),
    ("<label for=nowhere>One</label>", "", &["points at \"nowhere\""]),
    ("<img src=/favicon.ico>", "", &["no alternative text"]),
    ("<svg width=9 height=9><path d='M0 0'/></svg>", "", &["a drawing is neither hidden"]),
    ("<div id=a></div><div id=a></div>", "", &["is there twice"]),
    ("<table><tr><td>1</td></tr></table>", "", &["a table has no caption", "a table has no headers"]),
    ("<table><caption>1</caption><tr><th>1</th></tr></table>", "", &["does not say what it heads"]),
    ("<p><a href=/a tabindex=3>One</a></p>", "", &["jumps the order of the keyboard"]),
    ("<button><span tabindex=0>One</span></button>", "", &["a control lies in a control"]),
    ("<div><li>One</li></div>", "", &["a list item is in no list"]),
    ("<div><dt>One</dt></div>", "", &["a term is in no list of terms"]),
    ("<p style='color:red'>One</p>", "", &["style or script stands in the page itself"]),
    ("<p class=t>One</p>", ".t { width: 3000px }", &["scrolls sideways"]),
    (
        "<a class=t href=/a aria-label=a></a><a class=t href=/b aria-label=b></a>",
        ".t { display: block; width: 9px; height: 9px }",
        &["9 × 9 px and crowded"],
    ),
    ("<p><a class=t href=/a>One</a></p>", ".t:focus { outline: none }", &["the focus cannot be seen"]),
    ("<p class=t>One</p>", ".t { color: #aaa; background: #fff }", &["the contrast of a text is 2.3"]),
    (
        "<p class=t>One</p>",
        ".t { color: #767676; background: #fff; opacity: .5 }",
        &["the contrast of a text is"],
    ),
    (
        "<p class=t>One</p>",
        ".t::before { content: 'faint'; color: #aaa; background: #fff }",
        &["the contrast of what stands before is 2.3"],
    ),
    (
        "<p class=t data-l=faint>One</p>",
        ".t::after { content: attr(data-l); color: #aaa; background: #fff }",
        &["the contrast of what stands after is 2.3"],
    ),
    (
        "<label>One<input class=t value=faint></label>",
        ".t { color: #aaa; background: #fff }",
        &["the contrast of what is typed is 2.3"],
    ),
    (
        "<label>One<input class=t placeholder=faint></label>",
        ".t { background: #fff } .t::placeholder { color: #aaa }",
        &["the contrast of a placeholder is 2.3"],
    ),
    (
        "<button class=t disabled>One</button>",
        ".t { color: #aaa; background: #fff }",
        &["the contrast of a text is 2.3"],
    ),
    (
        "<svg width=50 height=50 role=img aria-label=One><rect class=r width=50 height=50 /><text class=t y=25>One</text></svg>",
        ".t { fill: #aaa } .r { fill: #fff }",
        &["the contrast of a text in a drawing is 2.3"],
    ),
    (
        "<p><a class=t href=/a>One</a></p>",
        ".t { color: #000; background: #fff } .t:hover { color: #aaa }",
        &["the contrast of a text, pointed at is 2.3"],
    ),
    (
        "<p><a class=t href=/a>One</a></p>",
        ".t { color: #000; background: #fff } .t:focus-visible { color: #aaa }",
        &["the contrast of a text, with the focus is 2.3"],
    ),
    (
        "<p><a class=t href=/a>One</a></p>",
        ".t { color: #000; background: #fff } .t:active { color: #aaa }",
        &["the contrast of a text, pressed is 2.3"],
    ),
    (
        "<details><summary>One</summary><p class=t>Two</p></details>",
        ".t { color: #aaa; background: #fff }",
        &["the contrast of a text, unfolded is 2.3"],
    ),
    (
        "<div popover><p class=t>Two</p></div>",
        ".t { color: #aaa; background: #fff }",
        &["the contrast of a text, opened is 2.3"],
    ),
];

/// Each check is shown something that it must find, by itself: one that finds nothing proves nothing.
#[tokio::test]
async fn the_checks_find_what_is_wrong() {
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    browser.act_as(&portal, "imke.sorensen").await;
    let mut missed = Vec::new();
    for (html, css, found) in SPOILT {
        browser.open("/help/keyboard").await;
        let spoil = "
            document.querySelector('main').insertAdjacentHTML('beforeend', arguments[0]);
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(arguments[1]);
            document.adoptedStyleSheets.push(sheet);";
        browser.script(spoil, &[Value::from(*html), Value::from(*css)]).await;
        let said = browser.script(CHECKS, &[]).await.to_string().replace("\\\"", "\"");
        missed.extend(
            found.iter().filter(|p| !said.contains(**p)).map(|p| format!("{p}: {html} gives {said}")),
        );
    }
    browser.close().await;
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test]
async fn the_keyboard_passes_the_masthead_by_and_a_word_written_there_goes_to_the_palette() {
    const TAB: &str = "\u{e004}";
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    browser.act_as(&portal, "imke.sorensen").await;
    browser.open("/help/keyboard").await;
    let mut passed = Vec::new();
    while passed.len() < 16 && passed.last().is_none_or(|name| name != "Menu and account") {
        browser.keys(TAB).await;
        let name = "const e = document.activeElement; return e.getAttribute('aria-label') ?? e.name ?? e.textContent";
        passed.push(browser.script(name, &[]).await.as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(passed.last().map(String::as_str), Some("Menu and account"), "{passed:?}");
    let open = "return document.getElementById('palette').matches(':popover-open')";
    assert_eq!(browser.script(open, &[]).await, false);

    browser.script("document.querySelector('.masthead input[type=search]').focus()", &[]).await;
    browser.keys("chekout-api").await;
    assert_eq!(browser.script(open, &[]).await, true);
    let written = "return document.activeElement.closest('#palette')?.querySelector('input').value";
    assert_eq!(browser.script(written, &[]).await, "chekout-api");
    browser.sees("checkout-api").await;
    browser.close().await;
}
