//! What Terraform says, in words for people.

use crate::executors::Failed;

/// Its words, where they are passed on.
const SHOWN: usize = 400;

/// What a plan comes to: `9 to add, 0 to change, 0 to destroy`.
pub(super) fn summary(plan: &str) -> String {
    let line = plan.lines().find_map(|line| line.trim().strip_prefix("Plan: "));
    line.map_or_else(|| "no changes".to_owned(), |line| line.trim_end_matches('.').to_owned())
}

/// At most so many bytes, whole characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}\n… (cut here)", &text[..end])
}

/// Its first error, without the frame around it, on one line.
fn error(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim_start_matches(['│', '╷', '╵', ' ']).trim_end());
    let found: Vec<_> = lines
        .skip_while(|line| !line.starts_with("Error: "))
        .enumerate()
        .take_while(|(at, line)| *at == 0 || !line.starts_with("Error: "))
        .map(|(_, line)| line)
        .filter(|line| !line.is_empty())
        .collect();
    let text = found.join(" ");
    let text = text.strip_prefix("Error: ").unwrap_or(&text);
    let short: String = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    if short.is_empty() { "it did not say why".to_owned() } else { short.trim_end_matches('.').to_owned() }
}

/// Whose turn it is, and whether it is worth another attempt.
pub(super) fn failure(text: &str) -> Failed {
    let said = error(text);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["Error acquiring the state lock", "state lock"]) {
        return Failed::outside(
            "Another run works on the same thing.",
            "It is tried again by itself when that one is done.",
        );
    }
    if has(&[
        "Failed to save state",
        "Error refreshing state: ",
        "Failed to load state",
        "Failed to get existing workspaces",
    ]) {
        return Failed::outside(
            format!("Terraform cannot reach the portal's store of states: {said}."),
            "It is tried again. If it stays so, the portal's operator looks whether this machine reaches the address in PORTOLAN_LISTEN.",
        );
    }
    if has(&[
        "No value for required variable",
        "Invalid value for variable",
        "Invalid value for input variable",
    ]) {
        return Failed::input(
            format!("The module does not take what was given: {said}."),
            "Ask again with what it takes, or ask the offering's team.",
        );
    }
    if has(&[
        "Failed to query available provider packages",
        "Failed to install provider",
        "registry service is unreachable",
    ]) {
        return Failed::outside(
            format!("A provider that the module needs cannot be fetched: {said}."),
            "It is tried again. If it stays so, the portal's operator looks at the way to the registry.",
        );
    }
    let next = "The offering's team finds more in the log.";
    let failed = Failed::platform(format!("Terraform failed: {said}."), next);
    let lasting = [
        "Unsupported argument",
        "Unsupported block",
        "Invalid reference",
        "Missing required argument",
        "Failed to read module",
        "Module not installed",
        "Argument or block definition required",
        "Invalid resource type",
    ];
    if has(&lasting) { failed } else { failed.once_more() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executors::Fault;

    #[test]
    fn an_error_is_said_in_one_sentence_with_whose_turn_it_is() {
        let frame = |text: &str| format!("╷\n│ Error: {text}\n│ \n│   on main.tf line 1:\n╵\n");
        for (text, fault, again, part) in [
            ("Error acquiring the state lock", Fault::Outside, true, "Another run"),
            (
                "No value for required variable",
                Fault::Input,
                false,
                "No value for required variable on main.tf line 1",
            ),
            ("Unsupported argument", Fault::Platform, false, "Terraform failed: Unsupported argument"),
            ("creating thing: 500", Fault::Platform, true, "creating thing: 500"),
            ("Failed to query available provider packages", Fault::Outside, true, "provider"),
        ] {
            let failed = failure(&frame(text));
            assert_eq!((failed.fault, failed.again), (fault, again), "{text}");
            assert!(failed.why.contains(part), "{failed:?}");
        }
        assert!(failure("").why.contains("did not say why"));
    }

    #[test]
    fn a_plan_is_summed_up_and_cut_between_characters() {
        assert_eq!(
            summary("x\nPlan: 9 to add, 0 to change, 1 to destroy.\n"),
            "9 to add, 0 to change, 1 to destroy"
        );
        assert_eq!(summary("No changes. Your infrastructure matches the configuration."), "no changes");
        assert_eq!(cut("ää", 3), "ä\n… (cut here)");
        assert_eq!(cut("ää", 4), "ää");
    }
}
