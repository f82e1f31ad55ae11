//! Reads forms and links out of a page, as a browser without scripts would.

/// A form: where it goes and what it sends when nothing is changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) method: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) buttons: Vec<Button>,
}

/// A button that says more than that it was pressed.
#[derive(Debug, Clone)]
pub(crate) struct Button {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Where it sends the form, if elsewhere.
    pub(crate) action: Option<String>,
}

impl Form {
    /// The same with a field filled in.
    pub(crate) fn fill(mut self, name: &str, value: &str) -> Self {
        assert!(self.fields.iter().any(|(n, _)| n == name), "no field {name:?} among {:?}", self.fields);
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a button pressed that has this value.
    pub(crate) fn press(mut self, name: &str, value: &str) -> Self {
        let known = self.buttons.iter().any(|b| b.name == name && b.value == value);
        assert!(known, "no button {name}={value} among {:?}", self.buttons);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a button pressed that sends it elsewhere.
    pub(crate) fn press_to(mut self, action: &str) -> Self {
        let known = self.buttons.iter().any(|b| b.action.as_deref() == Some(action));
        assert!(known, "no button to {action} among {:?}", self.buttons);
        action.clone_into(&mut self.action);
        self
    }

    /// As the client takes them.
    pub(crate) fn fields(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect()
    }
}

/// The forms of a page.
pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find("<form") {
        let tag_end = rest[at..].find('>').map_or(rest.len(), |e| at + e);
        let end = rest[at..].find("</form>").map_or(rest.len(), |e| at + e);
        let tag = &rest[at..tag_end];
        forms.push(Form {
            action: attribute(tag, "action").unwrap_or_default(),
            method: attribute(tag, "method").unwrap_or_else(|| "get".into()).to_lowercase(),
            fields: fields(&rest[tag_end..end]),
            buttons: buttons(&rest[tag_end..end]),
        });
        rest = &rest[end..];
    }
    forms
}

/// The first form of a page that goes to `action`; one that says nothing goes to its own page.
pub(crate) fn form_to(html: &str, action: &str) -> Form {
    forms(html)
        .into_iter()
        .find(|f| f.action == action || f.action.split('?').next() == Some(action))
        .unwrap_or_else(|| {
            panic!(
                "no form goes to {action}; there are {:?}",
                forms(html).iter().map(|f| f.action.clone()).collect::<Vec<_>>()
            )
        })
}

fn fields(html: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (kind, start) in
        ["<input", "<textarea", "<select"].iter().flat_map(|k| html.match_indices(k).map(|(at, k)| (k, at)))
    {
        let end = html[start..].find('>').map_or(html.len(), |e| start + e);
        let tag = &html[start..end];
        let Some(name) = attribute(tag, "name").filter(|_| !tag.contains(" disabled")) else { continue };
        let kind_of_input = attribute(tag, "type").unwrap_or_default();
        if kind == "<input"
            && matches!(kind_of_input.as_str(), "checkbox" | "radio")
            && !tag.contains(" checked")
        {
            continue;
        }
        let value = match kind {
            "<input" => attribute(tag, "value").unwrap_or_default(),
            "<textarea" => {
                unescape(&html[end + 1..html[end..].find("</textarea").map_or(html.len(), |e| end + e)])
            }
            _ => selected(&html[end..html[end..].find("</select").map_or(html.len(), |e| end + e)]),
        };
        found.push((name, value));
    }
    found
}

/// Buttons, and radio buttons, of which none may be chosen yet.
fn buttons(html: &str) -> Vec<Button> {
    let places = html.match_indices("<button").chain(html.match_indices("<input type=\"radio\""));
    let tags = places.map(|(at, _)| &html[at..html[at..].find('>').map_or(html.len(), |e| at + e)]);
    let said = tags.filter(|tag| !tag.contains(" disabled")).map(|tag| Button {
        name: attribute(tag, "name").unwrap_or_default(),
        value: attribute(tag, "value").unwrap_or_default(),
        action: attribute(tag, "formaction"),
    });
    said.filter(|b| !b.name.is_empty() || b.action.is_some()).collect()
}

fn selected(options: &str) -> String {
    let tags = options
        .match_indices("<option")
        .map(|(at, _)| &options[at..options[at..].find('>').map_or(options.len(), |e| at + e)]);
    let mut first = None;
    for tag in tags {
        let value = attribute(tag, "value").unwrap_or_default();
        if tag.contains(" selected") {
            return value;
        }
        first.get_or_insert(value);
    }
    first.unwrap_or_default()
}

/// The value of an attribute of a tag.
pub(crate) fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!(" {name}=\"")).or_else(|| tag.find(&format!("\n{name}=\"")))?;
    let from = at + name.len() + 3;
    let to = tag[from..].find('"')?;
    Some(unescape(&tag[from..from + to]))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&#60;", "<")
        .replace("&gt;", ">")
        .replace("&#62;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

#[test]
fn forms_are_read_as_a_browser_reads_them() {
    let html = r#"<form method="post" action="/a?b=1&amp;c=2"><input type="hidden" name="csrf" value="x&#34;y">
        <input type="checkbox" name="off" value="1"><input type="checkbox" name="on" value="1" checked>
        <input name="closed" value="x" disabled>
        <textarea name="reason">a &lt; b</textarea><select name="to"><option value="p">P</option><option value="q" selected>Q</option></select></form>"#;
    let form = form_to(html, "/a");
    assert_eq!(form.method, "post");
    assert_eq!(
        form.fields,
        [("csrf", "x\"y"), ("on", "1"), ("reason", "a < b"), ("to", "q")]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
    );
}
