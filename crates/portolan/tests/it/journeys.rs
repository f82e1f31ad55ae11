//! What people do, from the first page to the last, in a real browser; and once more without script.

use crate::support::{
    browser::{Driver, ENTER, ESCAPE, TAB},
    page::form_to,
    portal::Portal,
};

#[tokio::test]
async fn the_printed_link_makes_the_first_admin_who_then_signs_in_with_a_password() {
    let portal = Portal::empty();
    let link = portal.set_up_path();
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;

    browser.open(&link).await;
    browser.fill("Your name", "Ada Lovelace").await;
    browser.fill("Handle", "ada").await;
    browser.fill("E-mail", "ada@fairhaven.example").await;
    browser.fill("Password", "short").await;
    browser.press("Become the first admin").await;
    browser.sees("12 characters").await; // refused, and what was typed is kept
    browser.fill("Password", "four plain words here").await;
    browser.press("Become the first admin").await;
    browser.sees("Ada").await;
    assert_eq!(browser.path().await, "/");

    browser.open(&link).await;
    browser.sees("This link no longer works").await;

    let elsewhere = driver.browser(portal.url()).await;
    elsewhere.open("/account").await;
    elsewhere.arrives_at("/sign-in").await;
    elsewhere.fill("E-mail or handle", "ada").await;
    elsewhere.fill("Password", "four plain words her").await;
    elsewhere.press("Sign in").await;
    elsewhere.sees("Not signed in").await;
    elsewhere.fill("Password", "four plain words here").await;
    elsewhere.press("Sign in").await;
    elsewhere.arrives_at("/account").await;

    elsewhere.press("Sign out everywhere").await;
    elsewhere.arrives_at("/sign-in").await;
    browser.is_led("/account", "/sign-in").await;
    elsewhere.close().await;
    browser.close().await;
}

#[tokio::test]
async fn a_service_found_by_a_mistyped_name_is_handed_over_and_its_history_says_so() {
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;

    browser.open("/sign-in").await;
    let press = "document.querySelector('input[name=handle][value=\"imke.sorensen\"]').form.querySelector('button').click()";
    browser.script(press, &[]).await;
    browser.arrives_at("/").await;
    browser.sees("My services").await;
    browser.open("/search?q=gift+crads").await;
    browser.press("gift-cards").await;
    browser.arrives_at("/catalog/component/default/gift-cards").await;
    browser.press("Hand over").await;
    browser.arrives_at("/catalog/component/default/gift-cards/hand-over").await;
    browser.fill("New owner", "Pricing").await;
    browser.fill("Why", "Vouchers and cards live in one team now").await;
    browser.press("Hand it over").await;
    browser.arrives_at("/catalog/component/default/gift-cards").await;
    browser.sees("Vouchers and cards live in one team now").await;
    browser.sees("Owner changed").await;

    browser.open("/activity?subject=component:default/gift-cards").await;
    browser.sees("Vouchers and cards live in one team now").await;
    browser.close().await;
}

#[test]
fn personas_are_offered_by_the_demo_alone() {
    let demo = Portal::demo();
    assert!(demo.stranger().get("/sign-in").body.contains("/sign-in/persona"));

    let bare = Portal::empty();
    assert!(!bare.stranger().get("/sign-in").body.contains("/sign-in/persona"));
    let answer = bare.stranger().post("/sign-in/persona", &[("handle", "noor.vandenberg")]);
    assert!(
        answer.status >= 400 && answer.header("set-cookie").is_none_or(|c| !c.contains("session")),
        "{answer:?}"
    );
}

#[test]
fn the_core_journey_needs_no_script() {
    let portal = Portal::demo();
    let mut imke = portal.stranger();

    let page = imke.get("/sign-in");
    let csrf =
        form_to(&page.body, "/sign-in/persona").fields.into_iter().find(|f| f.0 == "csrf").map(|f| f.1);
    let answer = imke.post(
        "/sign-in/persona",
        &[("csrf", csrf.as_deref().unwrap_or_default()), ("handle", "imke.sorensen"), ("next", "")],
    );
    assert_eq!((answer.status, answer.location()), (303, "/"));

    let found = imke.get("/search?q=chekout-api");
    assert!(found.body.contains("/catalog/component/default/checkout-api"), "{}", found.body);
    let path = "/catalog/component/default/checkout-api";
    assert!(imke.get(path).body.contains("Basket"));

    let page = imke.get(&format!("{path}/hand-over"));
    let form = form_to(&page.body, &format!("{path}/hand-over"));
    let form = form.fill("owner", "ledger").fill("reason", "Payments move together");
    let answer = imke.post(&form.action, &form.fields());
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(imke.get(path).body.contains("Payments move together"));
}

#[tokio::test]
async fn the_keyboard_alone_finds_a_service_and_hands_it_over() {
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    browser.act_as(&portal, "imke.sorensen").await;

    // type-ahead, by a mistyped name
    browser.open("/catalog").await;
    browser.keys("/").await;
    browser.keys("gift-crads").await;
    browser.chosen("gift-cards").await;
    browser.keys(ENTER).await;
    browser.arrives_at("/catalog/component/default/gift-cards").await;

    // the first stop leads past the masthead
    browser.tab_to("Skip to the content").await;
    browser.keys(ENTER).await;
    browser.tab_to("Hand over").await;
    browser.keys(ENTER).await;
    browser.arrives_at("/catalog/component/default/gift-cards/hand-over").await;
    browser.tab_to("New owner").await;
    browser.keys("Pricing").await;
    browser.keys(TAB).await;
    browser.keys("Cards and prices").await;
    browser.tab_to("Hand it over").await;
    browser.keys(ENTER).await;
    browser.arrives_at("/catalog/component/default/gift-cards").await;
    browser.sees("Pricing owns it now").await;
    browser.sees("Cards and prices").await;

    // and back, by the undo that the message offers
    browser.tab_to("Hand it back").await;
    browser.keys(ENTER).await;
    browser.arrives_at("/catalog/component/default/gift-cards/hand-over").await;
    browser.tab_to("Hand it over").await;
    browser.keys(ENTER).await;
    browser.sees("Basket owns it now").await;

    // the palette closes by Escape and gives the focus back
    browser.keys("/").await;
    browser.focused("Search").await;
    browser.keys(ESCAPE).await;
    assert_eq!(browser.script("return document.querySelectorAll(':popover-open').length", &[]).await, 0);
}
