//! `make screenshots`: a picture of every page at three widths in both themes, into `screenshots/`, to be looked at by
//! people. Not part of the tests, but built on what they stand on: the shipped program, the demo company, a real browser.
//!
//! Arguments are words that a picture's name must contain, to take fewer.
#![expect(clippy::unwrap_used, dead_code, reason = "a tool for developers, on a test's support")]

use std::{fs, path::PathBuf};

#[path = "it/support/mod.rs"]
mod support;

use support::{
    browser::{Browser, Driver},
    portal::Portal,
};

/// Name of the picture, persona who looks (none: a stranger), address.
const PAGES: &[(&str, &str, &str)] = &[
    ("sign-in", "", "/sign-in"),
    ("home-manager", "manager", "/"),
    ("home-engineer", "engineer", "/"),
    ("catalog", "engineer", "/catalog"),
    ("catalog-filtered", "engineer", "/catalog?kind=component&tier=0&tier=1"),
    ("catalog-nothing", "engineer", "/catalog?q=zzzzzz"),
    ("catalog-mistyped", "engineer", "/catalog?q=chekout"),
    ("catalog-apis", "engineer", "/catalog?kind=api"),
    ("search", "engineer", "/search?q=paymnt"),
    ("service", "engineer", "/catalog/component/default/checkout-api"),
    ("service-bff", "engineer", "/catalog/component/default/mobile-bff"),
    ("api-openapi", "engineer", "/catalog/api/default/checkout-v3"),
    ("resource", "engineer", "/catalog/resource/default/orders-db"),
    ("system", "engineer", "/catalog/system/default/basket-and-checkout"),
    ("domain", "engineer", "/catalog/domain/default/commerce"),
    ("register", "engineer", "/catalog/register"),
    ("edit", "engineer", "/catalog/component/default/checkout-api/edit"),
    ("hand-over", "engineer", "/catalog/component/default/checkout-api/hand-over"),
    ("hand-over-nobody", "admin", "/catalog/component/default/parcel-printer/hand-over"),
    ("hand-over-bulk", "manager", "/teams/basket/hand-over"),
    ("service-orphan", "engineer", "/catalog/component/default/voucher-printer"),
    ("service-unknown", "engineer", "/catalog/component/default/meal-planner"),
    ("api-graphql", "engineer", "/catalog/api/default/shop-graph"),
    ("teams", "engineer", "/teams"),
    ("team", "engineer", "/teams/basket"),
    ("people", "engineer", "/people"),
    ("person", "engineer", "/people/maya.chen"),
    ("findings", "manager", "/findings"),
    ("changes", "engineer", "/changes"),
    ("changes-running", "engineer", "/changes/running"),
    ("changes-record", "engineer", "/changes/record"),
    ("hooks", "admin", "/changes/hooks"),
    ("activity", "admin", "/activity"),
    ("usage", "admin", "/usage"),
    ("settings", "admin", "/settings"),
    ("team-new", "admin", "/teams/new"),
    ("team-edit", "admin", "/teams/basket/edit"),
    ("person-new", "admin", "/people/new"),
    ("person-edit", "admin", "/people/maya.chen/edit"),
    ("account", "engineer", "/account"),
    ("style", "admin", "/style"),
    ("keyboard", "engineer", "/help/keyboard"),
    ("not-found", "engineer", "/catalog/component/default/chekout-api"),
    ("forbidden", "engineer", "/usage"),
    ("set-up-spent", "", "/set-up/spent"),
];

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../screenshots");
    fs::create_dir_all(&folder).unwrap();
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    let (mut persona, mut pictures) = ("", 0);
    for (name, who, path) in PAGES
        .iter()
        .filter(|(name, ..)| wanted.is_empty() || wanted.iter().any(|w| name.contains(w.as_str())))
    {
        if persona != *who {
            sign_in(&browser, who).await;
            persona = who;
        }
        for (dark, theme) in [(false, "light"), (true, "dark")] {
            browser.dark(dark).await;
            for width in [360, 768, 1440] {
                let picture = take(&browser, path, width).await;
                fs::write(folder.join(format!("{name}-{width}-{theme}.png")), picture).unwrap();
                pictures += 1;
            }
        }
    }
    browser.close().await;
    println!("{pictures} pictures in screenshots/");
}

async fn sign_in(browser: &Browser, persona: &str) {
    browser.client.delete_all_cookies().await.unwrap();
    if !persona.is_empty() {
        browser.open("/sign-in").await;
        let asked = [persona.into()];
        let words = browser.script(
            "const all = [...document.querySelectorAll('form button')].map((b) => b.textContent.trim().replace(/\\s+/g, ' '));
             return all.find((t) => t.toLowerCase().startsWith(arguments[0])) ?? all.find((t) => t.toLowerCase().includes(arguments[0]))",
            &asked,
        ).await;
        browser.press(words.as_str().unwrap_or_else(|| panic!("the sign-in page offers no {persona}"))).await;
    }
}

/// The whole page, however long.
async fn take(browser: &Browser, path: &str, width: u32) -> Vec<u8> {
    browser.size(width, 740).await;
    browser.open(path).await;
    let measured = browser
        .script("return [document.documentElement.scrollHeight, document.documentElement.scrollWidth]", &[])
        .await;
    if measured[1].as_u64() > Some(width.into()) {
        println!("{path} scrolls sideways at {width}: it is {} wide", measured[1]);
    }
    let height = u32::try_from(measured[0].as_u64().unwrap_or(740)).unwrap_or(740).clamp(740, 8_000);
    browser.size(width, height).await;
    browser.client.screenshot().await.unwrap()
}
