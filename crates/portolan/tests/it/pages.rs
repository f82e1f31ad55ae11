//! Every page in a real browser: what a person with a screen reader, a keyboard, weak eyes or a small phone stumbles over.

use crate::support::{
    browser::{Browser, Driver},
    portal::Portal,
};

/// The pages that an engineer sees, and whether the portal has them.
const PAGES: &[&str] = &[
    "/catalog",
    "/catalog?kind=component&tier=0&q=chekout",
    "/catalog/component/default/checkout-api",
    "/catalog/component/default/partner-orders",
    "/catalog/api/default/checkout-v3",
    "/catalog/system/default/basket-and-checkout",
    "/catalog/domain/default/commerce",
    "/catalog/component/default/chekout-api",
    "/search?q=basket",
    "/help/keyboard",
    "/",
    "/catalog/resource/default/orders-db",
    "/catalog/component/default/checkout-api/edit",
    "/catalog/component/default/checkout-api/hand-over",
    "/catalog/register",
    "/teams",
    "/teams/basket",
    "/people",
    "/people/maya.chen",
    "/account",
    "/findings",
    "/changes",
    "/changes/running",
    "/activity",
];

async fn as_imke(driver: &Driver, portal: &Portal) -> Browser {
    let browser = driver.browser(portal.url()).await;
    browser.open("/favicon.ico").await;
    let session = portal.signed_in("imke.sorensen");
    let (name, value) = &session.cookies()[0];
    browser.cookie(name, value).await;
    browser
}

#[tokio::test]
async fn nobody_stumbles_on_any_page_light_or_dark_on_a_phone_or_a_desk() {
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = as_imke(&driver, &portal).await;
    let mut problems = Vec::new();
    for dark in [false, true] {
        browser.dark(dark).await;
        for width in [360, 1440] {
            browser.size(width, 900).await;
            for page in PAGES {
                browser.open(page).await;
                let found = browser.script(include_str!("checks.js"), &[]).await;
                let theme = if dark { "dark" } else { "light" };
                problems.extend(
                    found
                        .as_array()
                        .expect("a list")
                        .iter()
                        .map(|p| format!("{page} {theme} {width}: {}", p.as_str().unwrap_or_default())),
                );
            }
        }
    }
    browser.close().await;
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}

#[tokio::test]
async fn the_checks_find_what_is_wrong() {
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = as_imke(&driver, &portal).await;
    browser.open("/help/keyboard").await;
    let spoilt = "
        document.querySelector('main').insertAdjacentHTML('beforeend', `
            <h1>Again</h1><h5>Too deep</h5><input name='x'><img src='/favicon.ico'><div id='a'></div><div id='a'></div>
            <p class='faint'>Too faint to read</p><a class='tiny' href='/catalog'></a><table><tr><td>1</td></tr></table><div class='wide'>x</div>`);
        const sheet = new CSSStyleSheet();
        sheet.replaceSync('.faint { color: #aaa; background: #fff } .tiny:focus { outline: none } .wide { width: 3000px } .tiny { display: block; width: 9px; height: 9px }');
        document.adoptedStyleSheets.push(sheet);";
    browser.script(spoilt, &[]).await;
    let found = browser.script(include_str!("checks.js"), &[]).await.to_string();
    for problem in [
        "2 first headings",
        "jumps from level",
        "a field has no label",
        "no alternative text",
        "is there twice",
        "the contrast of a text is 2.3",
        "a control has no name",
        "a table has no caption",
        "a table has no headers",
        "scrolls sideways",
        "the focus cannot be seen",
    ] {
        assert!(found.contains(problem), "{problem:?} was not found in {found}");
    }
    browser.close().await;
}

#[tokio::test]
async fn a_service_is_found_by_a_mistyped_name_with_the_keyboard_alone() {
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = as_imke(&driver, &portal).await;
    browser.open("/catalog").await;
    browser.keys("/").await;
    browser.keys("chekout-api").await;
    browser.sees("checkout-api").await;
    browser.keys("\u{e007}").await; // Enter
    browser.arrives_at("/").await;
    browser.sees("checkout-api").await;
    browser.close().await;
}
