//! `PagerDuty`'s Events API v2, so that what can page `PagerDuty` can page Portolan by another address. The address holds the
//! key that counts; `routing_key` must be there, as that API wants it, and says nothing here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use portolan_domain::paging::{Incoming, IncomingAlert, Says, Severity};
use serde::Deserialize;
use serde_json::Value;

use crate::{BadPayload, alertmanager::labels, cut, generic_alert::LONGEST_KEY, said, web_link};

#[derive(Deserialize)]
struct Event {
    routing_key: Option<String>,
    event_action: Option<String>,
    dedup_key: Option<String>,
    payload: Option<Payload>,
    #[serde(default)]
    links: Vec<Link>,
    client_url: Option<String>,
}

#[derive(Deserialize)]
struct Payload {
    summary: Option<String>,
    source: Option<String>,
    severity: Option<String>,
    timestamp: Option<String>,
    component: Option<String>,
    group: Option<String>,
    class: Option<String>,
    custom_details: Option<Value>,
}

#[derive(Deserialize)]
struct Link {
    href: Option<String>,
}

/// What an event tells; its `dedup_key` is the group's key. A trigger without one gets `fresh`, and so is an alert of its
/// own.
pub fn incoming(body: &[u8], fresh: &str) -> Result<Incoming, BadPayload> {
    let event: Event = serde_json::from_slice(body).map_err(|e| BadPayload::Shape(e.to_string()))?;
    said(event.routing_key).ok_or(BadPayload::Missing("routing_key"))?;
    let says = match said(event.event_action).as_deref() {
        Some("trigger") => Says::Firing,
        Some("acknowledge") => Says::Acknowledged,
        Some("resolve") => Says::Resolved,
        _ => return Err(BadPayload::Missing("event_action: trigger, acknowledge or resolve")),
    };
    let key = match said(event.dedup_key) {
        Some(key) if key.chars().count() > LONGEST_KEY => {
            return Err(BadPayload::Shape(format!("dedup_key may have {LONGEST_KEY} characters at most")));
        }
        Some(key) => key,
        None if says == Says::Firing => fresh.to_owned(),
        None => return Err(BadPayload::Missing("dedup_key")),
    };
    let links = event.links.into_iter().map(|link| link.href).chain([event.client_url]);
    let link = links.into_iter().find_map(web_link);
    let alert = match (event.payload, says) {
        (Some(payload), Says::Firing) => triggered(&key, payload, link)?,
        (None, Says::Firing) => return Err(BadPayload::Missing("payload")),
        _ => bare(&key, says),
    };
    Ok(Incoming { group_key: key, truncated: 0, alerts: vec![alert] })
}

fn triggered(key: &str, payload: Payload, link: Option<String>) -> Result<IncomingAlert, BadPayload> {
    let summary = said(payload.summary).ok_or(BadPayload::Missing("payload.summary"))?;
    let source = said(payload.source).ok_or(BadPayload::Missing("payload.source"))?;
    let severity = match said(payload.severity).as_deref() {
        Some(word @ ("critical" | "error" | "warning" | "info")) => Severity::from_word(word),
        _ => return Err(BadPayload::Missing("payload.severity: critical, error, warning or info")),
    };
    let mut told: BTreeMap<String, String> = match payload.custom_details {
        Some(Value::Object(details)) => details
            .into_iter()
            .filter_map(|(name, value)| match value {
                Value::String(text) => Some((name, text)),
                Value::Number(number) => Some((name, number.to_string())),
                Value::Bool(flag) => Some((name, flag.to_string())),
                _ => None,
            })
            .collect(),
        _ => BTreeMap::new(),
    };
    let fields = [
        ("source", Some(source)),
        ("component", said(payload.component)),
        ("group", said(payload.group)),
        ("class", said(payload.class)),
    ];
    told.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    let started_at = payload.timestamp.and_then(|at| at.parse::<Timestamp>().ok());
    Ok(IncomingAlert {
        summary: cut(&summary, 500),
        severity,
        labels: labels(told),
        link,
        started_at,
        ..bare(key, Says::Firing)
    })
}

fn bare(key: &str, says: Says) -> IncomingAlert {
    IncomingAlert {
        fingerprint: key.to_owned(),
        says,
        summary: String::new(),
        severity: Severity::Unknown,
        labels: BTreeMap::new(),
        link: None,
        runbook: None,
        started_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIGGER: &str = r#"{"routing_key":"R015","event_action":"trigger","dedup_key":"samplekeyhere","client":"Monitoring",
        "client_url":"https://monitoring.example","links":[{"href":"https://graphs.example/cpu","text":"CPU"}],"images":[],
        "payload":{"summary":"CPU is 95% on web-7","timestamp":"2026-11-19T08:42:58.315+0000","severity":"critical","source":"web-7",
        "component":"checkout-api","group":"prod","class":"cpu","custom_details":{"ping_ms":1500,"load":[0.3,1],"service":"checkout-api"}}}"#;

    #[test]
    fn a_trigger_is_an_alert() {
        let told = incoming(TRIGGER.as_bytes(), "fresh").unwrap();
        let alert = &told.alerts[0];
        assert_eq!((told.group_key.as_str(), alert.fingerprint.as_str()), ("samplekeyhere", "samplekeyhere"));
        assert_eq!(
            (alert.says, alert.severity, alert.summary.as_str()),
            (Says::Firing, Severity::Critical, "CPU is 95% on web-7")
        );
        assert_eq!(alert.link.as_deref(), Some("https://graphs.example/cpu"));
        for (name, value) in [
            ("source", "web-7"),
            ("component", "checkout-api"),
            ("service", "checkout-api"),
            ("ping_ms", "1500"),
        ] {
            assert_eq!(alert.labels.get(name).map(String::as_str), Some(value), "{name}");
        }
        let unkeyed = TRIGGER.replace(",\"dedup_key\":\"samplekeyhere\"", "");
        assert_eq!(incoming(unkeyed.as_bytes(), "fresh").unwrap().group_key, "fresh");
    }

    #[test]
    fn the_other_two_need_only_their_key() {
        for (action, says) in [("acknowledge", Says::Acknowledged), ("resolve", Says::Resolved)] {
            let body = format!(r#"{{"routing_key":"R","event_action":"{action}","dedup_key":"k"}}"#);
            assert_eq!(incoming(body.as_bytes(), "fresh").unwrap().alerts[0].says, says);
            let body = format!(r#"{{"routing_key":"R","event_action":"{action}"}}"#);
            assert!(incoming(body.as_bytes(), "fresh").is_err(), "{action} of nothing");
        }
    }

    #[test]
    fn what_that_api_refuses_is_refused() {
        for (from, to, reason) in [
            ("\"routing_key\":\"R015\",", "", "lacks routing_key"),
            ("\"trigger\"", "\"open\"", "trigger, acknowledge or resolve"),
            ("\"critical\"", "\"fatal\"", "critical, error, warning or info"),
            ("\"source\":\"web-7\",", "", "lacks payload.source"),
            ("\"summary\":\"CPU is 95% on web-7\",", "", "lacks payload.summary"),
            ("samplekeyhere", &"k".repeat(256), "255 characters"),
        ] {
            let body = TRIGGER.replace(from, to);
            assert_ne!(body, TRIGGER, "{from}");
            let refused = incoming(body.as_bytes(), "fresh").unwrap_err().to_string();
            assert!(refused.contains(reason), "{from}: {refused}");
        }
        assert!(incoming(b"routing_key=x", "fresh").is_err());
    }
}
