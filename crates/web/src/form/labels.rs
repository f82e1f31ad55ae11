//! What people see beside a field. Problems are told in these words: the name of a field is the program's own.

/// Labels that are not just the field's name, the same on every form.
const LABELS: &[(&str, &str)] = &[
    ("body", "What whoever comes should know"),
    ("policy", "Policy of its own"),
    ("account", "E-mail or handle"),
    ("affected", "What it hurts"),
    ("address", "Address of your calendar"),
    ("again", "New password again"),
    ("asked", "Who is asked"),
    ("asker", "Whose time it is"),
    ("anchor", "First day of a cycle"),
    ("by", "Who takes it"),
    ("at", "When"),
    ("answer", "What your team says of it"),
    ("before", "Number of the earlier one"),
    ("began_at", "It began"),
    ("calendar", "Holidays"),
    ("category", "Kind of help"),
    ("chat_url", "Link to the channel"),
    ("confirm_after_days", "Ask again after (days)"),
    ("confirm_asks_a_month", "At most this many questions a month for one person"),
    ("consumes_apis", "APIs it uses"),
    ("cost_centre_annotation", "Annotation that names a team’s cost centre"),
    ("coverage", "Times of the week"),
    ("current", "Current password"),
    ("days", "Ends"),
    ("delegate", "Who writes it"),
    ("depends_on", "It needs"),
    ("effective", "It counts"),
    ("due_on", "By"),
    ("email", "E-mail"),
    ("ends_on", "Until"),
    ("end", "Until"),
    ("ends", "It ends"),
    ("entity", "What it is about"),
    ("every", "Hand-off every"),
    ("first", "Who begins"),
    ("ics", "Or from an .ics file"),
    ("how_bad", "How bad is it"),
    ("hand_off", "A hand-off"),
    ("holiday_calendar", "Holidays"),
    ("load_essential_alarm", "Percent that is an alarm"),
    ("load_essential_warn", "Percent of time in on-call and support that crowds out improvement"),
    ("load_good_one_in", "On call one in so many is good"),
    ("load_least_one_in", "More often than one in so many needs a reason"),
    ("load_false_alarms_most", "Percent of judged pages that may be false alarms"),
    ("load_pages_good", "Pages a week up to which a team is well"),
    ("load_pages_most", "Pages a week beyond which it is not sustainable"),
    ("left_out", "Teams that take no part"),
    ("long", "What it stands for"),
    ("note", "A word to them"),
    ("out", "For whom"),
    ("happened", "What happened"),
    ("helped", "What helped"),
    ("noticed_by", "Who noticed it first"),
    ("parent", "Team above"),
    ("participants", "Who takes turns"),
    ("person", "Who"),
    ("phone", "Telephone"),
    ("provides_apis", "APIs it provides"),
    ("publish_at", "Published"),
    ("q", "What is searched for"),
    ("reason", "Why"),
    ("recovery_point", "Data that may be lost"),
    ("recovery_time", "Time until it must be back"),
    ("restrictions", "Only at these times of the week"),
    ("return_from", "In return, from"),
    ("return_until", "In return, until"),
    ("roles", "Roles it plays"),
    ("root", "From which team down"),
    ("short", "Short word"),
    ("slo_saw", "Did an objective see it"),
    ("repeats", "Begins anew"),
    ("routes", "Labels that name the service"),
    ("slos", "Objectives"),
    ("start", "From"),
    ("text", "Message"),
    ("tried", "What you tried"),
    ("unit", "Counted in"),
    ("url", "Address"),
    ("usage_names_days", "Drop names after (days)"),
    ("wanted", "What should come of it"),
    ("weeks", "Weeks of a cycle"),
];

/// Forms that call a field otherwise: where the form is sent to, field, label.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("/catalog/{kind}/{namespace}/{name}/paging/maintenance", "from", "Begins"),
    ("/pages/new", "impact", "What it does, and to whom"),
    ("/pages/new", "link", "Where to look"),
    ("/pages/new", "summary", "What is wrong"),
    ("/teams/{slug}/integrations", "kind", "What tells"),
    ("/account/password", "password", "New password"),
    ("/account/tokens/new", "name", "What is it for?"),
    ("/catalog/register", "kind", "What is it"),
    ("/catalog/{kind}/{namespace}/{name}/hand-over", "owner", "New owner"),
    ("/changes/hooks", "kind", "Code host"),
    ("/schedules/new", "team", "Owning team"),
    ("/incidents/new", "link", "Where people meet"),
    ("/incidents/new", "text", "What is known"),
    ("/incidents/{number}/actions", "title", "What will be done"),
    ("/incidents/{number}/actions", "owner", "Who promises it"),
    ("/incidents/{number}/edit", "link", "Where people meet"),
    ("/holiday-calendars/new", "days", "Days"),
    ("/provision/{name}", "team", "For which team"),
    ("/provision/requests/{number}/delegation", "to", "To whom"),
    ("/provision/waivers", "team", "For which team"),
    ("/holiday-calendars/{id}", "days", "Days"),
    ("/set-up/{secret}", "name", "Your name"),
    ("/teams/{slug}/reviews", "note", "What is to be said of the week"),
    ("/support/teams/{slug}/notes", "text", "Note"),
    ("/teams/{slug}/alert-rules", "owner", "Who mends it"),
    ("/teams/{slug}/hand-over", "owner", "Receiving team"),
    ("/wins/challenges/{id}/closing", "note", "Why"),
    ("/wins/entries/{id}/edit", "about", "Of the catalog"),
    ("/wins/entries/{id}/edit", "credits", "Credited"),
    ("/wins/entries/{id}/edit", "numbers", "The numbers"),
    ("/wins/entries/{id}/edit", "sensitivity", "How far it may go"),
    ("/wins/entries/{id}/edit", "summary", "In one line"),
    ("/wins/entries/{id}/edit", "teams", "Other teams it names"),
    ("/wins/entries/{id}/edit", "topic", "What it is about"),
    ("/wins/feeds", "team", "Whose publications"),
    ("/wins/jot", "about", "Of the catalog"),
    ("/wins/jot", "credits", "Credited"),
    ("/wins/jot", "numbers", "The numbers"),
    ("/wins/jot", "sensitivity", "How far it may go"),
    ("/wins/jot", "summary", "In one line"),
    ("/wins/jot", "teams", "Other teams it names"),
    ("/wins/jot", "topic", "What it is about"),
    ("/wins/publications/{id}/addenda", "text", "What is to be added"),
    ("/wins/publications/{id}/words", "text", "Your words"),
];

/// The label of a field on the form that is sent to `route`.
pub(crate) fn label(route: &str, field: &str) -> String {
    let otherwise = OTHERWISE.iter().find(|(r, f, _)| *r == route && *f == field).map(|(.., label)| *label);
    let usual = || LABELS.iter().find(|(f, _)| *f == field).map(|(_, label)| *label);
    otherwise
        .or_else(usual)
        .map_or_else(|| crate::words::sentence(&field.replace(['_', '-'], " ")), str::to_owned)
}

/// A field's name without the place inside it: `links` of `links[0].url`, and that place in words.
pub(crate) fn split(field: &str) -> (&str, String) {
    let Some(at) = field.find(['[', '.']) else { return (field, String::new()) };
    let (name, place) = field.split_at(at);
    let numbered = place.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let words = match numbered.and_then(|(n, rest)| Some((n.parse::<usize>().ok()?, rest))) {
        Some((n, "")) => format!(", entry {}", n + 1),
        Some((n, rest)) => format!(", entry {}, {}", n + 1, rest.trim_start_matches('.')),
        None => format!(", {}", place.trim_start_matches(['[', '.']).replace(['[', ']', '"'], " ").trim()),
    };
    (name, words)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{label, split};

    /// Template and where its forms are sent to, for those that call a field otherwise.
    const ROUTES: &[(&str, &str)] = &[
        ("people/token_new.html", "/account/tokens/new"),
        ("catalog/register.html", "/catalog/register"),
        ("ownership/form.html", "/catalog/{kind}/{namespace}/{name}/hand-over"),
        ("changes/hooks.html", "/changes/hooks"),
        ("incidents/open.html", "/incidents/new"),
        ("incidents/promise.html", "/incidents/{number}/actions"),
        ("paging/entity.html", "/catalog/{kind}/{namespace}/{name}/paging/maintenance"),
        ("paging/integrations.html", "/teams/{slug}/integrations"),
        ("paging/raise.html", "/pages/new"),
        ("people/set_up.html", "/set-up/{secret}"),
        ("provisioning/parts.html", "/provision/{name}"),
        ("provisioning/request_body.html", "/provision/requests/{number}/delegation"),
        ("provisioning/waivers.html", "/provision/waivers"),
        ("review/week.html", "/teams/{slug}/reviews"),
        ("rota/holiday.html", "/holiday-calendars/{id}"),
        ("rota/new.html", "/schedules/new"),
        ("ownership/bulk.html", "/teams/{slug}/hand-over"),
        ("load/show.html", "/teams/{slug}/alert-rules"),
        ("support/notes.html", "/support/teams/{slug}/notes"),
        ("wins/feeds.html", "/wins/feeds"),
        ("wins/publication.html", "/wins/publications/{id}/addenda"),
    ];

    /// Every `f::field(form, "name", "Label"` of the templates.
    fn shown() -> Vec<(String, String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
        let mut found = Vec::new();
        for slice in fs::read_dir(&root).unwrap().flatten().filter(|d| d.path().is_dir()) {
            for file in fs::read_dir(slice.path()).unwrap().flatten() {
                let path = file.path();
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                let text = fs::read_to_string(&path).unwrap();
                for call in ["f::field(", "f::area(", "f::select(", "f::person(", "f::moment("] {
                    for (at, _) in text.match_indices(call) {
                        let mut parts = text[at..].splitn(5, '"');
                        let literal = text[at..].find(", \"").is_some_and(|n| n < 40);
                        if let (true, Some(_), Some(field), Some(_), Some(label)) =
                            (literal, parts.next(), parts.next(), parts.next(), parts.next())
                        {
                            found.push((name.clone(), field.into(), label.split('"').next().unwrap().into()));
                        }
                    }
                }
            }
        }
        found.retain(|(template, ..)| !template.starts_with("style/"));
        found
    }

    #[test]
    fn problems_call_a_field_as_its_form_does() {
        let shown = shown();
        assert!(shown.len() > 30, "hardly any fields were found: {shown:?}");
        for (template, field, said) in shown {
            let password = (template.as_str(), field.as_str()) == ("people/account.html", "password");
            let route = ROUTES.iter().find(|(t, _)| *t == template).map_or("", |(_, route)| *route);
            let route = if password { "/account/password" } else { route };
            assert_eq!(label(route, &field), said, "{field} on {template}");
        }
    }

    #[test]
    fn a_place_inside_a_field_is_told_in_words() {
        assert_eq!(split("name"), ("name", String::new()));
        assert_eq!(split("tags[0]"), ("tags", ", entry 1".into()));
        assert_eq!(split("links[2].url"), ("links", ", entry 3, url".into()));
        assert_eq!(split("spec.owner"), ("spec", ", owner".into()));
    }
}
