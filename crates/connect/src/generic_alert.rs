//! An alert in plain JSON, for whatever can send a body of its own. A word that is not known is refused: a mistyped
//! `dedup_key` would otherwise open a page for each repeat.

use std::collections::BTreeMap;

use portolan_domain::paging::{Incoming, IncomingAlert, Says, Severity};
use serde::Deserialize;

use crate::{BadPayload, alertmanager::labels, cut, said, web_link};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    dedup_key: Option<String>,
    status: Option<String>,
    summary: Option<String>,
    service: Option<String>,
    severity: Option<String>,
    link: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// The longest key, as `PagerDuty` has it.
pub(crate) const LONGEST_KEY: usize = 255;

/// The one alert that a body tells of.
pub fn incoming(body: &[u8]) -> Result<Incoming, BadPayload> {
    let body: Body = serde_json::from_slice(body).map_err(|e| BadPayload::Shape(e.to_string()))?;
    let key = said(body.dedup_key).ok_or(BadPayload::Missing("dedup_key"))?;
    if key.chars().count() > LONGEST_KEY {
        return Err(BadPayload::Shape(format!("dedup_key may have {LONGEST_KEY} characters at most")));
    }
    let says = match said(body.status).as_deref() {
        Some("firing") => Says::Firing,
        Some("acknowledged") => Says::Acknowledged,
        Some("resolved") => Says::Resolved,
        _ => return Err(BadPayload::Missing("status: firing, acknowledged or resolved")),
    };
    let summary = match (said(body.summary), says) {
        (None, Says::Firing) => return Err(BadPayload::Missing("summary: what is wrong, in a line")),
        (summary, _) => summary.unwrap_or_default(),
    };
    if body.link.as_deref().is_some_and(|link| !link.trim().is_empty())
        && web_link(body.link.clone()).is_none()
    {
        return Err(BadPayload::Shape("link must be an address that begins with http:// or https://".into()));
    }
    let mut labels = labels(body.labels);
    if let Some(service) = said(body.service) {
        labels.insert("service".into(), cut(&service, 260));
    }
    let alert = IncomingAlert {
        fingerprint: key.clone(),
        says,
        summary: cut(&summary, 500),
        severity: body.severity.map_or(Severity::Unknown, |s| Severity::from_word(&s)),
        labels,
        link: web_link(body.link),
        runbook: None,
        started_at: None,
    };
    Ok(Incoming { group_key: key, truncated: 0, alerts: vec![alert] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_curl_is_an_alert() {
        let body = br#"{"dedup_key":"disk-7","status":"firing","summary":"Disk 7 is full","service":"orders-db","severity":"critical","link":"https://graphs.example/7"}"#;
        let told = incoming(body).unwrap();
        assert_eq!((told.group_key.as_str(), told.truncated), ("disk-7", 0));
        let alert = &told.alerts[0];
        assert_eq!((alert.says, alert.severity), (Says::Firing, Severity::Critical));
        assert_eq!(
            (alert.labels["service"].as_str(), alert.link.as_deref()),
            ("orders-db", Some("https://graphs.example/7"))
        );
        let over = incoming(br#"{"dedup_key":"disk-7","status":"resolved"}"#).unwrap();
        assert_eq!((over.alerts[0].fingerprint.as_str(), over.alerts[0].says), ("disk-7", Says::Resolved));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let long = format!(r#"{{"dedup_key":"{}","status":"resolved"}}"#, "k".repeat(256));
        for (body, reason) in [
            (r#"{"status":"firing","summary":"x"}"#, "lacks dedup_key"),
            (r#"{"dedup_key":" ","status":"firing","summary":"x"}"#, "lacks dedup_key"),
            (r#"{"dedupKey":"x","status":"firing","summary":"x"}"#, "dedupKey"),
            (r#"{"dedup_key":"x","status":"down","summary":"x"}"#, "firing, acknowledged or resolved"),
            (r#"{"dedup_key":"x","status":"firing"}"#, "lacks summary"),
            (r#"{"dedup_key":"x","status":"firing","summary":"x","link":"javascript:alert(1)"}"#, "http"),
            (long.as_str(), "255 characters"),
            ("", "is not a delivery"),
        ] {
            let refused = incoming(body.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains(reason), "{body}: {refused}");
        }
    }
}
