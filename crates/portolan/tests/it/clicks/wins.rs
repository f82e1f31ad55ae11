//! The forms of wins and challenges, from a jotted line to what another team says of a challenge.

use super::Visitor;
use crate::{
    support::{http::Answer, portal::Portal},
    wins_journey::company,
};

/// Where its forms went.
pub(super) fn walk() -> Vec<String> {
    let portal = Portal::empty();
    portal.as_system(company);
    let visitor = |handle: &str| Visitor::new(portal.signed_in(handle));
    let (mut eva, mut lena, mut wout, mut dirk) =
        (visitor("eva"), visitor("lena"), visitor("wout"), visitor("dirk"));

    // jotted, corrected, and thrown away
    let win = jots(&mut eva, "win", "Baskets are lighter", "");
    eva.submits(&format!("{win}/edit"), &format!("{win}/edit"), &[("result", "By 2 kg each")], &win);
    eva.sees(&win, "By 2 kg each");
    let slip = jots(&mut eva, "win", "Nothing at all", "");
    eva.submits(&slip, &format!("{slip}/removal"), &[], "/wins/mine");
    assert_eq!(eva.client.get(&slip).status, 404);
    let challenge = jots(&mut eva, "challenge", "The ledger closes too early", "ledger");

    // taken in and handed up, with what it names shown to whoever leads that
    let write = lena.client.get("/wins/write").location().to_owned();
    assert_eq!(presses(&mut lena, &write, "take-all").status, 303);
    lena.sees(&write, "Ledger is shown it when it is handed up");
    assert_eq!(presses(&mut lena, &write, "submit").status, 303);
    wout.sees("/", "A challenge names Ledger");
    wout.submits(
        &challenge,
        &format!("{challenge}/answers"),
        &[("answer", "From May on at six")],
        &challenge,
    );
    eva.sees(&challenge, "Wout Smit answered for Ledger: From May on at six");

    // and chosen from
    let choose = format!("{}/choose", dirk.client.get("/wins/write").location());
    assert_eq!(
        presses(&mut dirk, &choose, &format!("lift:{}", win.trim_start_matches("/wins/entries/"))).status,
        303
    );
    dirk.sees(&choose, "As Basket wrote it");
    [eva, lena, wout, dirk].into_iter().flat_map(|visitor| visitor.sent).collect()
}

/// Jots an entry, and where it is then.
fn jots(who: &mut Visitor, kind: &str, summary: &str, teams: &str) -> String {
    let page = format!("/wins/jot?kind={kind}");
    let kept = who.fills(&page, "/wins/jot", &[("summary", summary), ("teams", teams)]);
    assert_eq!(kept.status, 303, "{}", kept.body);
    who.sees(kept.location(), summary);
    kept.location().to_owned()
}

/// Presses one of the buttons of the form of an update.
fn presses(who: &mut Visitor, page: &str, what: &str) -> Answer {
    let form = who.form(page, page).press("do", what);
    who.send(&form)
}
