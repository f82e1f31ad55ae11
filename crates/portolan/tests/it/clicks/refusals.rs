//! Nobody is offered what they may not do.

use super::Visitor;
use crate::support::{
    page::{Form, attribute},
    portal::Portal,
    views::{VIEWS, address},
};

/// Somebody who leads nothing and is in another team than those whose pages are looked at.
const OUTSIDER: &str = "marco.bellini";

/// What nobody owns everybody in a team may take for it; the form offers other teams too, and says so if one is chosen.
const TAKEN_FOR_ONESELF: &str = "/catalog/component/default/parcel-printer/hand-over";

/// Forms of one's own account; they are tried elsewhere, and some of them end the session.
const OWN: [&str; 3] = ["/sign-out", "/account", "/preferences"];

#[test]
fn no_button_and_no_link_beside_it_leads_to_a_refusal() {
    let portal = Portal::demo();
    let mut outsider = Visitor::new(portal.signed_in(OUTSIDER));
    let (mut sent, mut refused) = (0, Vec::new());
    for (name, _, path) in VIEWS.iter().filter(|view| !view.1.is_empty()) {
        let path = &address(&portal, path);
        let shown = outsider.client.get(path);
        if shown.status != 200 {
            continue; // a page that is not theirs says so
        }
        for address in buttons_that_lead(&shown.body) {
            if outsider.client.get(&address).status == 403 {
                refused.push(format!("{name}: the link to {address}"));
            }
        }
        for form in outsider.forms(path) {
            let own = form.action == TAKEN_FOR_ONESELF || OWN.iter().any(|own| form.action.starts_with(own));
            if form.method != "post" || own {
                continue;
            }
            for pressed in presses(&form) {
                sent += 1;
                if outsider.send(&pressed).status == 403 {
                    refused.push(format!("{name}: the form to {}", pressed.action));
                }
            }
        }
    }
    assert!(sent > 20, "hardly any forms were sent: {sent}");
    assert!(refused.is_empty(), "{refused:#?}");
}

/// The form as each of its buttons sends it.
fn presses(form: &Form) -> Vec<Form> {
    if form.buttons.is_empty() {
        return vec![form.clone()];
    }
    let press = |button: &crate::support::page::Button| match &button.action {
        Some(action) => form.clone().press_to(action),
        None => form.clone().press(&button.name, &button.value),
    };
    form.buttons.iter().map(press).collect()
}

/// Addresses of links that look like buttons.
fn buttons_that_lead(html: &str) -> Vec<String> {
    html.match_indices("<a class=\"btn")
        .filter_map(|(at, _)| {
            attribute(&html[at..html[at..].find('>').map_or(html.len(), |e| at + e)], "href")
        })
        .filter(|address| address.starts_with('/'))
        .collect()
}
