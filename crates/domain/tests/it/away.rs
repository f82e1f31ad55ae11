//! When people are away, as calendars of their own say.

use jiff::ToSpan;
use portolan_domain::{
    Error,
    rota::{self, ToAsk},
    sealing::SealingKey,
    work::{self, Claim, Room},
};
use portolan_testkit::Bed;
use sqlx::PgPool;

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n\
    BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261101T000000Z\r\nDTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261226\r\nSUMMARY:In the mountains\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:2\r\nDTSTAMP:20261101T000000Z\r\nDTSTART;VALUE=DATE:20261226\r\nDTEND;VALUE=DATE:20261228\r\nSUMMARY:Still there\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:3\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261130T100000Z\r\nDTEND:20261130T110000Z\r\nSUMMARY:A meeting\r\nEND:VEVENT\r\n\
    END:VCALENDAR\r\n";

fn key() -> SealingKey {
    SealingKey::new([4; 32])
}

async fn jobs(bed: &Bed) -> Vec<Claim> {
    let room = [Room { kind: rota::ASK_CALENDAR, jobs: 9 }];
    work::claim(&mut bed.as_system().await.cx(), &room, 30.seconds().try_into().unwrap()).await.unwrap()
}

async fn ask(bed: &Bed, job: &Claim) -> Option<ToAsk> {
    rota::to_ask(&mut bed.as_system().await.cx(), &job.payload, Some(&key())).await.unwrap()
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn absences_are_read_and_titles_are_not_kept(pool: PgPool) {
    let bed = Bed::new(pool.clone());
    let (imke, hui) = (bed.person("imke").await, bed.person("hui").await);
    let give = async |address: &str| {
        rota::set_away_calendar(&mut bed.as_person(&imke).await.cx(), address, Some(&key())).await
    };
    for wrong in ["", "imke", "file:///etc/passwd", "https://"] {
        let refused = give(wrong).await;
        assert!(
            matches!(&refused, Err(Error::Invalid(p)) if p[0].field == "address"),
            "{wrong}: {refused:?}"
        );
    }
    give("webcal://calendar.example/secret-path.ics").await.unwrap();
    let stored: Vec<u8> =
        sqlx::query_scalar("SELECT address_sealed FROM away_calendar").fetch_one(&pool).await.unwrap();
    assert!(!stored.windows(6).any(|w| w == b"secret"), "sealed");

    let job = jobs(&bed).await.remove(0);
    let to_ask = ask(&bed, &job).await.unwrap();
    assert_eq!(
        (to_ask.address.as_str(), &to_ask.seen),
        ("https://calendar.example/secret-path.ics", &(None, None))
    );
    let mut call = bed.as_system().await;
    let cx = &mut call.cx();
    let seen = (Some("\"7\"".to_owned()), None);
    rota::calendar_read(cx, &to_ask, CALENDAR.into(), seen.clone()).await.unwrap();
    let to = bed.now() + (24 * 60).hours();
    let away = rota::away(cx, &[imke.id, hui.id], bed.now(), to).await.unwrap();
    assert_eq!(away.len(), 1, "two absences in a row are one, and a meeting is none: {away:?}");
    assert_eq!(away[0].start.to_string(), "2026-12-24T00:00:00Z");
    assert_eq!(away[0].end.to_string(), "2026-12-28T00:00:00Z");
    assert!(rota::away(cx, &[hui.id], bed.now(), to).await.unwrap().is_empty());
    assert_eq!(ask(&bed, &job).await.unwrap().seen, seen, "asked again only if it changed");
    bed.wait(25.hours());
    assert_eq!(ask(&bed, &job).await.unwrap().seen, (None, None), "and now and then as a whole");

    rota::calendar_failed(cx, &to_ask, "it answered 503").await.unwrap();
    let shown = rota::away_calendar(&mut bed.as_person(&imke).await.cx()).await.unwrap().unwrap();
    assert_eq!(
        (shown.host.as_str(), shown.error.as_deref(), shown.absences),
        ("calendar.example", Some("it answered 503"), 1)
    );
    rota::calendar_read(cx, &to_ask, CALENDAR[..200].into(), (None, None)).await.unwrap();
    let shown = rota::away_calendar(&mut bed.as_person(&imke).await.cx()).await.unwrap().unwrap();
    assert_eq!(shown.error.as_deref(), Some("it ends in the middle"));
    assert_eq!(shown.absences, 1, "what was read stays");
}

#[sqlx::test(migrator = "portolan_domain::MIGRATOR")]
async fn another_address_takes_the_place_of_the_first_at_once_and_none_ends_it(pool: PgPool) {
    let bed = Bed::new(pool);
    let imke = bed.person("imke").await;
    let give = async |address: &str| {
        rota::set_away_calendar(&mut bed.as_person(&imke).await.cx(), address, Some(&key())).await.unwrap()
    };
    give("https://one.example/c.ics").await;
    let first = jobs(&bed).await.remove(0);
    work::postpone(&mut bed.as_system().await.cx(), &first, bed.now() + rota::EVERY).await.unwrap();
    let answering = ask(&bed, &first).await.unwrap();
    bed.wait(1.minute());
    give("https://two.example/c.ics").await;
    // the first address answers late: what it says is of nobody any more
    let mut system = bed.as_system().await;
    let cx = &mut system.cx();
    rota::calendar_read(cx, &answering, CALENDAR.into(), (Some("\"7\"".into()), None)).await.unwrap();
    rota::calendar_failed(cx, &answering, "it answered 503").await.unwrap();
    rota::calendar_unchanged(cx, &answering).await.unwrap();
    let shown = rota::away_calendar(&mut bed.as_person(&imke).await.cx()).await.unwrap().unwrap();
    assert_eq!(
        (shown.host.as_str(), shown.absences, shown.asked_at, shown.read_at, shown.error),
        ("two.example", 0, None, None, None)
    );
    let second = jobs(&bed).await.remove(0);
    assert_eq!(ask(&bed, &second).await.unwrap().address, "https://two.example/c.ics");
    assert!(ask(&bed, &first).await.is_none(), "the first address is asked no more");

    bed.wait(4.hours());
    assert_eq!(rota::sweep_calendars(&mut bed.as_system().await.cx()).await.unwrap(), 1);
    rota::remove_away_calendar(&mut bed.as_person(&imke).await.cx()).await.unwrap();
    assert!(ask(&bed, &second).await.is_none());
    assert!(rota::away_calendar(&mut bed.as_person(&imke).await.cx()).await.unwrap().is_none());
}
