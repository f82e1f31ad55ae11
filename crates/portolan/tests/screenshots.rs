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
    views::VIEWS,
};

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../screenshots");
    fs::create_dir_all(&folder).unwrap();
    let portal = Portal::demo();
    let driver = Driver::start();
    let browser = driver.browser(portal.url()).await;
    let (mut looking, mut pictures) = ("", 0);
    for (name, who, path) in VIEWS
        .iter()
        .filter(|(name, ..)| wanted.is_empty() || wanted.iter().any(|w| name.contains(w.as_str())))
    {
        if looking != *who {
            browser.act_as(&portal, who).await;
            looking = who;
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
