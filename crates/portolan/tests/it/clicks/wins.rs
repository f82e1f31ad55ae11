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
    let (mut eva, mut lena, mut wout, mut dirk, mut vera) =
        (visitor("eva"), visitor("lena"), visitor("wout"), visitor("dirk"), visitor("vera"));

    // jotted, corrected, and thrown away
    let win = jots(&mut eva, "win", "Baskets are lighter", "");
    eva.submits(&format!("{win}/edit"), &format!("{win}/edit"), &[("result", "By 2 kg each")], &win);
    eva.sees(&win, "By 2 kg each");
    let slip = jots(&mut eva, "win", "Nothing at all", "");
    eva.submits(&slip, &format!("{slip}/removal"), &[], "/wins/mine");
    assert_eq!(eva.client.get(&slip).status, 404);
    let other = jots(&mut eva, "win", "Handles hold", "");
    let challenge = jots(&mut eva, "challenge", "The ledger closes too early", "ledger");

    // what a team sets and jots is offered to whoever may
    let own = ["/teams/basket/wins/settings", "/wins/jot?team=basket"];
    let (hers, his) =
        (lena.client.get("/teams/basket/wins").body, wout.client.get("/teams/basket/wins").body);
    for address in own {
        assert!(hers.contains(address), "{address} is not offered to the lead");
        assert!(!his.contains(address), "{address} is offered to another team");
    }

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

    // the answer goes with it, or does not, as its lead says, also after it was handed up
    lena.sees(&challenge, "The answer does not go with the challenge");
    let attachments = format!("{challenge}/attachments");
    let key = challenge.trim_start_matches("/wins/entries/");
    for (verb, told) in [("attach", "goes with the challenge"), ("detach", "is left out")] {
        let form = lena.form(&challenge, &attachments).press("do", &format!("{verb}:{key}:ledger"));
        assert_eq!(lena.send(&form).status, 303);
        lena.sees(&challenge, told);
    }
    // and it may still go less far
    let lowering = format!("{challenge}/lowering");
    let form = lena.form(&challenge, &lowering).press("sensitivity", "up");
    assert_eq!(lena.send(&form).status, 303);
    lena.sees(&challenge, "May go up");

    // chosen from, merged, split again, and only read once it is handed up
    let choose = format!("{}/choose", dirk.client.get("/wins/write").location());
    for entry in [&win, &other] {
        let lift = format!("lift:{}", entry.trim_start_matches("/wins/entries/"));
        assert_eq!(presses(&mut dirk, &choose, &lift).status, 303);
    }
    dirk.sees(&choose, "As Basket wrote it");
    let shown = dirk.client.get(&choose).body;
    let join = "name=\"join\" value=\"";
    let lines: Vec<_> =
        shown.match_indices(join).map(|(at, _)| shown[at + join.len()..][..36].to_owned()).collect();
    let mut merging = dirk.form(&choose, &choose).press("do", "merge");
    merging.fields.extend(lines.iter().map(|line| ("join".to_owned(), line.clone())));
    assert_eq!(dirk.send(&merging).status, 303);
    dirk.sees(&choose, "Split again");
    assert_eq!(presses(&mut dirk, &choose, &format!("split:{}", lines[0])).status, 303);
    let shown = dirk.client.get(&choose).body;
    assert!(shown.contains("2 of at most 4 wins") && !shown.contains("Split again: "), "{shown}");
    assert_eq!(presses(&mut dirk, &choose, "submit").status, 303);
    let shown = dirk.client.get(&choose).body;
    assert!(shown.contains("It was handed to Fairhaven.") && !shown.contains("<textarea"), "{shown}");
    dirk.sees(&choose, "As Basket wrote it");
    assert_eq!(presses(&mut dirk, &choose, "recall").status, 303);
    assert!(dirk.client.get(&choose).body.contains("<textarea"), "it is written again");
    assert_eq!(presses(&mut dirk, &choose, "submit").status, 303);

    // at the top it is asked before it is published
    let top = vera.client.get("/wins/write").location().to_owned();
    let empty = presses(&mut vera, &top, "submit");
    assert_eq!(empty.status, 409, "nothing was chosen");
    assert!(empty.body.contains("say that nothing major happened"), "{}", empty.body);
    assert_eq!(presses(&mut vera, &top, "quiet").status, 303);
    let publishing = format!("{top}/publishing");
    vera.sees(&top, "Publish it");
    vera.sees(&publishing, "Once published it never changes");
    let published = vera.form(&publishing, &publishing);
    let answer = vera.send(&published);
    assert_eq!(answer.status, 303, "{}", answer.body);
    vera.sees(answer.location(), "A quiet cycle");

    // a challenge is closed where it is read
    let hard = jots(&mut eva, "challenge", "The lift is broken", "");
    let closing = hard.replace("/entries/", "/challenges/") + "/closing";
    eva.submits(&hard, &closing, &[("how", "dropped"), ("note", "We take the stairs")], &hard);
    eva.sees(&hard, "We take the stairs");
    let reopening = hard.replace("/entries/", "/challenges/") + "/reopening";
    eva.submits(&hard, &reopening, &[], &hard);
    eva.sees(&hard, "Is it over?");
    [eva, lena, wout, dirk, vera].into_iter().flat_map(|visitor| visitor.sent).collect()
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
