//! Prometheus Alertmanager's webhook, version 4, and whatever speaks it (Grafana, Mimir, vmalert behind it).
//!
//! The status, labels and annotations of the whole body are not read: they are made after the list was cut
//! (`truncatedAlerts`), and then describe only what was kept. Neither is `endsAt`, which is of the year 1 while an alert
//! fires. Keys that are not known are left alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portolan_domain::paging::{Incoming, IncomingAlert, Says, Severity};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{BadPayload, cut, said, web_link};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    version: Option<String>,
    group_key: Option<String>,
    #[serde(default)]
    truncated_alerts: u64,
    alerts: Option<Vec<Told>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    status: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    starts_at: Option<String>,
    #[serde(rename = "generatorURL")]
    generator_url: Option<String>,
    fingerprint: Option<String>,
}

/// The group that a delivery tells of. A receiver with a `payload` of its own sends something else altogether.
pub fn incoming(body: &[u8]) -> Result<Incoming, BadPayload> {
    let body: Body = serde_json::from_slice(body).map_err(|e| BadPayload::Shape(e.to_string()))?;
    match said(body.version).as_deref() {
        Some("4") => {}
        Some(other) => {
            return Err(BadPayload::Shape(format!("its version is {other:?}, and only \"4\" is understood")));
        }
        None => return Err(BadPayload::Missing(CUSTOM)),
    }
    let group_key = said(body.group_key).ok_or(BadPayload::Missing("groupKey"))?;
    let alerts = body.alerts.ok_or(BadPayload::Missing("alerts"))?;
    let alerts = alerts.into_iter().map(alert).collect::<Result<_, _>>()?;
    Ok(Incoming { group_key, truncated: body.truncated_alerts, alerts })
}

const CUSTOM: &str =
    "version: a receiver with a payload of its own cannot be read; take `payload` out of its webhook_config";

fn alert(told: Told) -> Result<IncomingAlert, BadPayload> {
    let says = match told.status.as_deref() {
        Some("firing") => Says::Firing,
        Some("resolved") => Says::Resolved,
        _ => return Err(BadPayload::Missing("alerts.status, firing or resolved")),
    };
    let fingerprint =
        said(told.fingerprint).map_or_else(|| fingerprint(&told.labels), |given| cut(&given, 255));
    let word = |map: &BTreeMap<String, String>, name: &str| said(map.get(name).cloned());
    let summary = word(&told.annotations, "summary")
        .or_else(|| word(&told.annotations, "title"))
        .or_else(|| word(&told.annotations, "message"))
        .or_else(|| word(&told.annotations, "description"))
        .or_else(|| word(&told.labels, "alertname"))
        .unwrap_or_else(|| "An alert without a name".into());
    Ok(IncomingAlert {
        fingerprint,
        says,
        summary: cut(&summary, 500),
        severity: told.labels.get("severity").map_or(Severity::Unknown, |s| Severity::from_word(s)),
        link: web_link(told.generator_url),
        runbook: web_link(told.annotations.get("runbook_url").cloned()),
        started_at: told.starts_at.and_then(|at| at.parse().ok()).filter(|at| *at > Timestamp::UNIX_EPOCH),
        labels: labels(told.labels),
    })
}

/// At most as many, and as long, as anybody reads.
pub(crate) fn labels(labels: BTreeMap<String, String>) -> BTreeMap<String, String> {
    const MOST: usize = 100;
    labels.into_iter().take(MOST).map(|(name, value)| (cut(&name, 200), cut(&value, 500))).collect()
}

/// What an alert is known by where the sender gives it no fingerprint: its labels.
fn fingerprint(labels: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for part in labels.iter().flat_map(|(name, value)| [name, value]) {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex::encode(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As version 0.28 sends it, with the keys it has gained since.
    const BODY: &str = r#"{"receiver":"portolan","status":"firing","alerts":[
        {"status":"firing","labels":{"alertname":"PaymentSlow","service":"checkout-api","severity":"critical"},
         "annotations":{"summary":"Payments wait 4 s","runbook_url":"https://runbooks.example/pay"},
         "startsAt":"2026-11-19T01:55:00.000Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"https://prom.example/graph?g0.expr=x","fingerprint":"bb1b6e2f4d5c7a90"},
        {"status":"resolved","labels":{"alertname":"PaymentSlow","service":"checkout-api","instance":"b"},"annotations":{},
         "startsAt":"2026-11-19T01:50:00.000Z","endsAt":"2026-11-19T02:00:00.000Z","generatorURL":"","fingerprint":"cc1b6e2f4d5c7a90"}],
        "groupLabels":{"alertname":"PaymentSlow"},"commonLabels":{"alertname":"PaymentSlow"},"commonAnnotations":{},
        "externalURL":"http://alertmanager.example","version":"4","groupKey":"{}/{severity=\"critical\"}:{alertname=\"PaymentSlow\"}",
        "truncatedAlerts":0,"notification_reason":"group_interval","routeLabels":{"team":"basket"}}"#;

    #[test]
    fn a_delivery_becomes_alerts_of_a_group() {
        let told = incoming(BODY.as_bytes()).unwrap();
        assert_eq!(told.group_key, "{}/{severity=\"critical\"}:{alertname=\"PaymentSlow\"}");
        assert_eq!((told.truncated, told.alerts.len()), (0, 2));
        let first = &told.alerts[0];
        assert_eq!(
            (first.fingerprint.as_str(), first.says, first.summary.as_str(), first.severity),
            ("bb1b6e2f4d5c7a90", Says::Firing, "Payments wait 4 s", Severity::Critical)
        );
        assert_eq!(first.link.as_deref(), Some("https://prom.example/graph?g0.expr=x"));
        assert_eq!(first.runbook.as_deref(), Some("https://runbooks.example/pay"));
        assert_eq!(first.started_at, "2026-11-19T01:55:00Z".parse().ok());
        assert_eq!(first.labels["service"], "checkout-api");
        let second = &told.alerts[1];
        assert_eq!(
            (second.says, second.summary.as_str(), second.severity, second.link.as_deref()),
            (Says::Resolved, "PaymentSlow", Severity::Unknown, None)
        );
    }

    #[test]
    fn what_describes_only_the_kept_alerts_is_not_believed() {
        let cut = BODY.replace("\"truncatedAlerts\":0", "\"truncatedAlerts\":17").replacen(
            "\"status\":\"firing\"",
            "\"status\":\"resolved\"",
            1,
        );
        let told = incoming(cut.as_bytes()).unwrap();
        assert_eq!((told.truncated, told.alerts[0].says), (17, Says::Firing));
    }

    #[test]
    fn another_payload_is_refused_with_its_reason() {
        for (body, reason) in [
            (r#"{"text":"[FIRING:1] PaymentSlow"}"#, "take `payload` out"),
            (r#"{"version":"3","groupKey":"x","alerts":[]}"#, "only \"4\" is understood"),
            (r#"{"version":"4","alerts":[]}"#, "lacks groupKey"),
            (r#"{"version":"4","groupKey":"x"}"#, "lacks alerts"),
            (r#"{"version":"4","groupKey":"x","alerts":[{"status":"odd"}]}"#, "firing or resolved"),
            (r#"["firing"]"#, "is not a delivery"),
            ("FIRING", "is not a delivery"),
        ] {
            let refused = incoming(body.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains(reason), "{body}: {refused}");
        }
    }

    #[test]
    fn an_alert_without_a_fingerprint_is_known_by_its_labels() {
        let bare = BODY.replace(",\"fingerprint\":\"bb1b6e2f4d5c7a90\"", "");
        let (once, twice) = (incoming(bare.as_bytes()).unwrap(), incoming(bare.as_bytes()).unwrap());
        assert_eq!(once.alerts[0].fingerprint, twice.alerts[0].fingerprint);
        assert_eq!(once.alerts[0].fingerprint.len(), 32);
        let other = bare.replace("\"critical\"}", "\"warning\"}");
        assert_ne!(incoming(other.as_bytes()).unwrap().alerts[0].fingerprint, once.alerts[0].fingerprint);
    }

    #[test]
    fn hostile_bodies_are_refused_and_never_panic() {
        for length in 0..BODY.len() {
            if BODY.is_char_boundary(length) {
                assert!(incoming(&BODY.as_bytes()[..length]).is_err(), "{length}");
            }
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for body in
            ["null", "{}", "[]", "\u{0}", deep.as_str(), r#"{"version":4,"groupKey":"x","alerts":[]}"#]
        {
            assert!(incoming(body.as_bytes()).is_err());
        }
        let script = BODY.replace("https://prom.example/graph?g0.expr=x", "javascript:alert(1)");
        assert_eq!(incoming(script.as_bytes()).unwrap().alerts[0].link, None);
        let year_one = BODY.replace("2026-11-19T01:55:00.000Z", "0001-01-01T00:00:00Z");
        assert_eq!(incoming(year_one.as_bytes()).unwrap().alerts[0].started_at, None);
    }
}
