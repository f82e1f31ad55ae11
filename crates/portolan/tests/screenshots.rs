//! `make screenshots`: a picture of every page at three widths in both themes, into `screenshots/`, to be looked at by
//! people. Not part of the tests, but built on what they stand on: the shipped program, the demo company, a real browser.
//!
//! Arguments are words that a picture's name must contain, to take fewer.
#![expect(clippy::unwrap_used, dead_code, reason = "a tool for developers, on a test's support")]

use std::{
    fs,
    path::{Path, PathBuf},
};

#[path = "it/support/mod.rs"]
mod support;

use support::{
    browser::{Browser, Driver},
    portal::Portal,
    views::{VIEWS, address},
};

/// Pages of a portal with nothing in it, seen by its first admin.
const EMPTY: &[(&str, &str)] = &[
    ("empty-home", "/"),
    ("empty-catalog", "/catalog"),
    ("empty-teams", "/teams"),
    ("empty-people", "/people"),
    ("empty-findings", "/findings"),
    ("empty-changes", "/changes"),
    ("empty-running", "/changes/running"),
    ("empty-activity", "/activity"),
    ("empty-usage", "/usage"),
    ("empty-register", "/catalog/register"),
];

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.contains(w.as_str()));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../screenshots");
    fs::create_dir_all(&folder).unwrap();
    let driver = Driver::start();
    let mut pictures = 0;
    if VIEWS.iter().any(|(name, ..)| is_wanted(name)) {
        let portal = Portal::demo();
        let browser = driver.browser(portal.url()).await;
        let mut looking = "";
        for (name, who, path) in VIEWS.iter().filter(|(name, ..)| is_wanted(name)) {
            if looking != *who {
                browser.act_as(&portal, who).await;
                looking = who;
            }
            pictures += take_all(&browser, &folder, name, &address(&portal, path)).await;
        }
        browser.close().await;
    }
    if is_wanted("empty-set-up") || EMPTY.iter().any(|(name, _)| is_wanted(name)) {
        let portal = Portal::empty();
        let browser = driver.browser(portal.url()).await;
        let link = portal.set_up_path();
        pictures += take_all(&browser, &folder, "empty-set-up", &link).await;
        become_admin(&browser, &link).await;
        for (name, path) in EMPTY.iter().filter(|(name, _)| is_wanted(name)) {
            pictures += take_all(&browser, &folder, name, path).await;
        }
        browser.close().await;
    }
    println!("{pictures} pictures in screenshots/");
}

/// Three widths in both themes; returns how many pictures that were.
async fn take_all(browser: &Browser, folder: &Path, name: &str, path: &str) -> usize {
    const WIDTHS: [u32; 3] = [360, 768, 1440];
    const THEMES: [(bool, &str); 2] = [(false, "light"), (true, "dark")];
    for (dark, theme) in THEMES {
        browser.dark(dark).await;
        for width in WIDTHS {
            let picture = take(browser, path, width).await;
            fs::write(folder.join(format!("{name}-{width}-{theme}.png")), picture).unwrap();
        }
    }
    WIDTHS.len() * THEMES.len()
}

async fn become_admin(browser: &Browser, link: &str) {
    browser.open(link).await;
    browser.fill("Your name", "Ada Lovelace").await;
    browser.fill("Handle", "ada").await;
    browser.fill("E-mail", "ada@fairhaven.example").await;
    browser.fill("Password", "four plain words here").await;
    browser.press("Become the first admin").await;
    browser.sees("Ada").await;
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
