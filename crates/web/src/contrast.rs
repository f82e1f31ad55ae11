//! The colours of the look keep their distance: text 4.5:1 and parts of controls 3:1 (WCAG 2.2, 1.4.3 and 1.4.11),
//! in both themes, for every pair that a part may use. Run after any change of `tokens.css`.

use std::collections::HashMap;

const TOKENS: &str = include_str!("../../../static/css/tokens.css");

/// Lightness, chroma, hue of a role in the light and the dark theme.
type Role = [[f64; 3]; 2];

fn roles() -> HashMap<String, Role> {
    let declarations = TOKENS.split("@media").next().unwrap_or_default().lines();
    declarations
        .filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(':')?;
            let (light, dark) = value.trim().strip_prefix("light-dark(oklch(")?.split_once("),")?;
            let dark = dark.trim().strip_prefix("oklch(")?.split_once(')')?.0;
            Some((name.to_owned(), [numbers(light)?, numbers(dark)?]))
        })
        .collect()
}

fn numbers(text: &str) -> Option<[f64; 3]> {
    let all: Vec<f64> = text.split('/').next()?.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    all.try_into().ok()
}

/// Relative luminance of an OKLCH colour (CSS Color 4 for the matrices; WCAG 2.2 for the luminance).
#[expect(clippy::many_single_char_names, reason = "the names of the colour space")]
fn luminance([l, c, h]: [f64; 3]) -> f64 {
    let (a, b) = (c * h.to_radians().cos(), c * h.to_radians().sin());
    let cube = |p: f64, q: f64| (l + p * a + q * b).powi(3);
    let (long, medium, short) = (
        cube(0.396_337_777_4, 0.215_803_757_3),
        cube(-0.105_561_345_8, -0.063_854_172_8),
        cube(-0.089_484_177_5, -1.291_485_548),
    );
    let channel = |x: f64, y: f64, z: f64| (x * long + y * medium + z * short).clamp(0.0, 1.0);
    0.2126 * channel(4.076_741_662_1, -3.307_711_591_3, 0.230_969_929_2)
        + 0.7152 * channel(-1.268_438_004_6, 2.609_757_401_1, -0.341_319_396_5)
        + 0.0722 * channel(-0.004_196_086_3, -0.703_418_614_7, 1.707_614_701)
}

fn too_close(pairs: impl Iterator<Item = (&'static str, &'static str)>, bar: f64) -> Vec<String> {
    let roles = roles();
    let mut found = Vec::new();
    for (ink, ground) in pairs {
        for (theme, name) in ["light", "dark"].into_iter().enumerate() {
            let (one, two) = (luminance(roles[ink][theme]), luminance(roles[ground][theme]));
            let ratio = (one.max(two) + 0.05) / (one.min(two) + 0.05);
            if ratio < bar {
                found.push(format!("{ink} on {ground}, {name}: {ratio:.2}"));
            }
        }
    }
    found
}

fn each(
    inks: &'static [&'static str],
    grounds: &'static [&'static str],
) -> impl Iterator<Item = (&'static str, &'static str)> {
    inks.iter().flat_map(move |&ink| grounds.iter().map(move |&ground| (ink, ground)))
}

const GROUNDS: &[&str] = &["paper", "sheet", "well"];

#[test]
fn text_can_be_read() {
    let pairs = each(&["ink", "ink-2", "ink-3", "sea", "ok", "warn", "danger"], GROUNDS)
        .chain(each(
            &["ink"],
            &["sea-wash", "ok-wash", "warn-wash", "danger-wash", "land-1", "land-2", "land-3", "land-4"],
        ))
        .chain(each(&["ink-2"], &["sea-wash", "land-1", "land-2", "land-3", "land-4"]))
        .chain(each(&["sea"], &["sea-wash", "warn-wash", "danger-wash", "ok-wash"]))
        .chain([
            ("ink-3", "sea-wash"),
            ("ok", "ok-wash"),
            ("warn", "warn-wash"),
            ("danger", "danger-wash"),
            ("on-ink", "ink"),
            ("on-sea", "sea"),
            ("on-sea", "sea-deep"),
            ("on-danger", "danger-solid"),
        ]);
    assert_eq!(too_close(pairs, 4.5), Vec::<String>::new());
}

#[test]
fn edges_of_controls_can_be_seen() {
    let pairs = each(&["edge", "focus", "land-edge", "ink-3"], GROUNDS)
        .chain(each(&["land-edge"], &["land-1", "land-2", "land-3", "land-4"]))
        .chain(each(&["focus", "edge"], &["sea-wash"]));
    assert_eq!(too_close(pairs, 3.0), Vec::<String>::new());
}
