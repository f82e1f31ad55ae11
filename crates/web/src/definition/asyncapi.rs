//! `AsyncAPI` 2 (`channels.*.publish|subscribe`) and 3 (`operations.*`).

use serde_json::Value;

use super::{Definition, Operation, line, tree};

pub(super) fn read(text: &str) -> Definition {
    let document = match tree(text) {
        Ok(document) => document,
        Err(unreadable) => return unreadable,
    };
    let operations = if document["operations"].is_object() { third(&document) } else { second(&document) };
    Definition {
        title: line(&document["info"]["title"]),
        version: line(&document["info"]["version"]),
        operations,
        ..Definition::default()
    }
}

fn second(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (channel, item) in document["channels"].as_object().into_iter().flatten() {
        for verb in ["publish", "subscribe"] {
            let Some(operation) = item.get(verb) else { continue };
            let summary = line(&operation["summary"])
                .or_else(|| line(&operation["description"]))
                .or_else(|| line(&item["description"]));
            found.push(Operation {
                verb: verb.into(),
                name: channel.clone(),
                shape: message(&operation["message"]),
                summary,
                deprecated: false,
            });
        }
    }
    found
}

fn third(document: &Value) -> Vec<Operation> {
    let operations = document["operations"].as_object().into_iter().flatten();
    operations
        .map(|(key, operation)| {
            let channel =
                operation["channel"]["$ref"].as_str().and_then(|r| r.rsplit('/').next()).unwrap_or(key);
            let address = document["channels"][channel]["address"].as_str().unwrap_or(channel);
            Operation {
                verb: operation["action"].as_str().unwrap_or("use").to_owned(),
                name: address.to_owned(),
                shape: operation["messages"].get(0).and_then(message),
                summary: line(&operation["summary"]).or_else(|| line(&operation["description"])),
                deprecated: false,
            }
        })
        .collect()
}

fn message(message: &Value) -> Option<String> {
    line(&message["name"])
        .or_else(|| message["$ref"].as_str().and_then(|r| r.rsplit('/').next()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_the_format_list_what_flows_where() {
        let two = read(
            "asyncapi: 2.6.0\ninfo: {title: Orders, version: '1'}\nchannels:\n  order.placed:\n    subscribe: {summary: An order was paid, message: {name: OrderPlaced}}\n",
        );
        let three = read(
            "asyncapi: 3.0.0\ninfo: {title: Orders, version: '1'}\nchannels:\n  placed: {address: order.placed}\noperations:\n  tell:\n    action: send\n    channel: {$ref: '#/channels/placed'}\n    summary: An order was paid\n    messages: [{$ref: '#/components/messages/OrderPlaced'}]\n",
        );
        let row = |d: &Definition| {
            let o = &d.operations[0];
            (o.name.clone(), o.shape.clone(), o.summary.clone())
        };
        assert_eq!(
            row(&two),
            ("order.placed".into(), Some("OrderPlaced".into()), Some("An order was paid".into()))
        );
        assert_eq!(row(&three), row(&two));
        assert_eq!(
            (two.operations[0].verb.as_str(), three.operations[0].verb.as_str()),
            ("subscribe", "send")
        );
    }
}
