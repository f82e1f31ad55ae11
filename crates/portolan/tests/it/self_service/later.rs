//! What comes after: brought to a newer version, asked whether it is still needed, helped with, given up.

use serde_json::json;

use super::{ASKER, FORM, Fairhaven, unique};

const ADMIN: &str = "noor.vandenberg";
const TILL: &str = "apiVersion: portolan.dev/v1
kind: Offering
metadata: { name: till, title: Till, description: Takes coins. }
spec:
  owner: data-platform
  stage: general
  experience: call-an-api
  sharing: packaged-service
  parameters:
    type: object
    required: [name]
    properties:
      name: { title: Name, type: string }
  steps:
    - { id: wait, title: Put it there, uses: wait, with: { seconds: 0 } }
  actions:
    - { name: upgrade, title: Bring it to the newest version, effect: upgrade, steps: [{ id: wait, uses: wait, with: { seconds: 0 } }] }
";

impl Fairhaven {
    fn offers(&self, document: &str) {
        let yaml = [("Content-Type", "application/yaml")];
        let mut admin = self.portal.with_token(ADMIN, "admin");
        let answer = admin.send("POST", "/api/v1/offerings", &yaml, document.as_bytes());
        assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
    }
}

#[tokio::test]
async fn an_upgrade_asks_for_what_the_newest_version_wants_to_know() {
    let fairhaven = Fairhaven::new(&[]);
    fairhaven.offers(TILL);
    let asker = fairhaven.browser(ASKER).await;
    asker.open("/provision/till").await;
    asker.fill("Name", "corner").await;
    asker.press("Get it").await;
    asker.arrives_at("/provision/requests/").await;
    asker.comes_to_see("It is there").await;
    asker.press("corner").await;
    asker.arrives_at("/provision/resources/").await;
    let resource = asker.path().await;

    let newer = TILL.replace("required: [name]", "required: [name, coins]").replace(
        "      name: {",
        "      coins: { title: Coins it takes, type: integer, minimum: 1 }\n      name: {",
    );
    fairhaven.offers(&newer);
    asker.open(&resource).await;
    asker.sees("Made with version 1, the offering is at 2 now.").await;
    asker.press("Bring it to the newest version").await;
    asker.sees("What the offering asks for").await;
    asker.sees("not asked for").await; // what it was asked then, beside what it is asked now
    asker.sees("Needs: Coins it takes").await;
    asker.fill("Coins it takes", "0").await;
    asker.sees("Stops:").await;
    asker.press("Check again").await;
    asker.sees("One thing needs mending").await;
    asker.fill("Coins it takes", "3").await;
    asker.sees("nothing stands in the way").await; // the button follows what is looked at
    asker.press("Bring it to the newest version").await;
    asker.arrives_at("/provision/requests/").await;
    asker.sees("Bring it to the newest version: corner").await;
    // a step that is done is no request that is: what the thing says of itself is waited for
    asker.opens_to_see(&resource, "version 2").await;
    asker.sees("Coins it takes").await;
    assert!(!asker.text().await.contains("the offering is at"), "it is like the newest now");
    asker.close().await;
}

#[tokio::test]
async fn whoever_has_it_says_that_it_is_still_needed() {
    let fairhaven = Fairhaven::new(&[]);
    let name = unique("ledger");
    let asker = fairhaven.browser(ASKER).await;
    asker.open(FORM).await;
    asker.fill("Name", &name).await;
    asker.press("Get it").await;
    asker.comes_to_see("It is there").await;
    asker.open("/provision/resources").await;
    asker.sees(&format!("{name}-db")).await;
    assert!(!asker.text().await.contains("Still needed?"), "its day has not come");

    fairhaven.days_pass(366.0);
    asker.open("/provision/resources").await;
    asker.sees("Still needed?").await;
    asker.press(&format!("Not any more: {name}-db")).await;
    asker.arrives_at("/provision/resources/").await;
    asker.sees("Its day has come").await;
    asker.sees("What can be done").await;
    asker.open("/provision/resources").await;
    asker.press(&format!("Still needed: {name}-db")).await;
    asker.sees("Renewed.").await;
    assert!(!asker.text().await.contains("Its day has come"), "it is answered");
    asker.open("/provision/resources").await;
    assert!(asker.text().await.contains(&format!("{name}-db")), "it is there");
    let asked = asker.client.source().await.expect("its source");
    assert!(!asked.contains(&format!(": {name}-db</span></button>")), "and not asked again");
    assert!(fairhaven.has(&name));
    asker.close().await;
}

#[tokio::test]
async fn help_is_one_press_away_and_goes_to_those_who_can_give_it() {
    let fairhaven = Fairhaven::new(&[]);
    let asker = fairhaven.browser(ASKER).await;
    asker.open(FORM).await;
    asker.fill("Name", &unique("help")).await;
    asker.choose("p-size", "large").await;
    asker.sees("Needs 1 approval").await;
    asker.press("Ask for it").await;
    asker.arrives_at("/provision/requests/").await;
    let request = asker.path().await;
    asker.press("Ask Data Platform").await;
    asker.arrives_at("/support/requests/").await;
    let number = request.rsplit('/').next().expect("a number");
    asker.sees(&format!("Provisioning request {number}: PostgreSQL database")).await;
    asker.sees("The end of its log").await;
    let thread = asker.path().await;
    asker.open(&request).await; // the one that is open is led to, and no second one asked
    asker.press(&format!("Support request {}", thread.rsplit('/').next().expect("a number"))).await;
    asker.arrives_at(&thread).await;

    // from the pages of an offering, and of one that is given up
    let asked_of =
        "return [document.querySelector('[name=team]').value, document.querySelector('[name=title]').value]";
    asker.open(&format!("{FORM}/about")).await;
    asker.press("Ask Data Platform").await;
    asker.arrives_at("/support/new").await;
    let told = asker.script(asked_of, &[]).await;
    assert_eq!(told, json!(["data-platform", "PostgreSQL database: "]));

    asker.open("/provision/shared-schema").await;
    for told in [
        "Deprecated since",
        "One slow query slows everybody",
        "PostgreSQL database takes its place.",
        "Basket has none of it.",
    ] {
        asker.sees(told).await;
    }
    asker.press("Get PostgreSQL database").await;
    asker.arrives_at(FORM).await;
    assert_eq!(asker.value("For which team").await, "basket");
    asker.close().await;
}
