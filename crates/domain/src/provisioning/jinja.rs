//! Templates: the files of a skeleton, and the values of offerings that came from Backstage. `MiniJinja` reads them, with
//! bounds of our own: fuel for what is done, a budget for what is made, filters from a list, and no tag that keeps a value, so
//! that nothing can be doubled again and again.

use std::io;

use minijinja::{Environment, UndefinedBehavior, Value as Jinja, syntax::SyntaxConfig, value::Serde};
use serde_json::Value;

use super::{
    expression::{Fault, on_own_stack},
    jinja_filters::{self, Budget},
    jinja_scan::{Inside, Segment, segments},
};

/// Longest template, in bytes.
const LONGEST: usize = 1 << 20;
/// What rendering one may do: some hundred thousand instructions.
const FUEL: u64 = 200_000;
/// What rendering one may make, in bytes.
const MOST: usize = 4 << 20;
/// Most multiplications of a template: one of a text makes ten megabytes at most.
const MULTIPLICATIONS: usize = 4;
/// Most words and signs of an expression: each may be a level of the engine's recursion.
const TOKENS: usize = 400;
/// Most `{% elif %}` of a template, for the same reason.
const BRANCHES: usize = 100;
/// The tags there are.
const TAGS: &[&str] = &["if", "elif", "elseif", "else", "endif", "for", "endfor", "raw", "endraw"];

/// How a template marks what is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Braces {
    /// `{{ name }}`; a name that is not known is a fault.
    Plain,
    /// `${{ values.name }}`, as in Backstage; what is not known is nothing.
    Dollar,
}

impl Braces {
    /// What opens an expression.
    pub fn open(self) -> &'static str {
        match self {
            Self::Plain => "{{",
            Self::Dollar => "${{",
        }
    }
}

/// A template with what stands in `values` (an object) filled in.
///
/// # Errors
///
/// What is wrong with the template, for whoever wrote it.
pub fn render(template: &str, braces: Braces, values: &Value) -> Result<String, Fault> {
    let template = ready(template, braces)?;
    on_own_stack(|| {
        let env = environment(braces)?;
        let parsed = env.template_from_str(&template).map_err(|e| told(&e))?;
        let mut out = Bounded(Vec::new());
        let rendered = parsed.render_captured_to(Jinja::from(Serde(values)), &mut out).map(|_| ());
        match rendered {
            _ if out.0.len() >= MOST => Err(too_much()),
            Ok(()) => String::from_utf8(out.0).map_err(|_| Fault::new("made something that is no text")),
            Err(error) => Err(told(&error)),
        }
    })
}

/// The value of one expression, in whatever kind it has.
pub(super) fn evaluate(source: &str, braces: Braces, values: &Value) -> Result<Value, Fault> {
    let marked = ready(&format!("{}{source}}}}}", braces.open()), braces)?;
    let source = &marked[braces.open().len()..marked.len() - 2];
    on_own_stack(|| {
        let env = environment(braces)?;
        let compiled = env.compile_expression(source).map_err(|e| told(&e))?;
        let value = compiled.eval(Jinja::from(Serde(values))).map_err(|e| told(&e))?;
        serde_json::to_value(value).map_err(|_| Fault::new("is of a kind that nothing can be made of"))
    })
}

/// The names that a template takes from outside, each with what it takes of it (`a.b`), if it can be read.
pub(super) fn names(template: &str, braces: Braces) -> Result<Vec<String>, Fault> {
    let template = ready(template, braces)?;
    on_own_stack(|| {
        let env = environment(braces)?;
        let parsed = env.template_from_str(&template).map_err(|e| told(&e))?;
        let mut names: Vec<_> = parsed.undeclared_variables(true).into_iter().collect();
        names.retain(|name| !matches!(name.as_str(), "null" | "undefined"));
        names.sort();
        Ok(names)
    })
}

/// The template as the engine takes it, if it keeps to what is bounded.
fn ready(template: &str, braces: Braces) -> Result<String, Fault> {
    if template.len() > LONGEST {
        return Err(Fault::new(format!("may be {} kB at most", LONGEST / 1024)));
    }
    let (mut taken, mut multiplied, mut branches) = (String::with_capacity(template.len()), 0, 0);
    for segment in segments(template, braces.open())? {
        match segment {
            Segment::Plain(text) | Segment::Comment(text) => taken.push_str(text),
            Segment::Expression(inside) => {
                multiplied += inside.signs("*");
                bounded(&inside)?;
                taken.push_str(braces.open());
                taken.push_str(&inside.as_jinja());
                taken.push_str("}}");
            }
            Segment::Tag(inside) => {
                let name = inside.first_word();
                if !TAGS.contains(&name) {
                    return Err(Fault::new(format!(
                        "{{% {name} %}} is not supported; there are {}",
                        TAGS.join(", ")
                    )));
                }
                if name == "for" && ["~", "+", "*"].iter().any(|sign| inside.signs(sign) > 0) {
                    return Err(Fault::new(
                        "{% for %} may go through what is given alone, not through what is put together",
                    ));
                }
                multiplied += inside.signs("*");
                branches += usize::from(matches!(name, "elif" | "elseif"));
                bounded(&inside)?;
                let jinja = inside.as_jinja();
                taken.push_str("{%");
                taken.push_str(&if name == "elseif" { jinja.replacen("elseif", "elif", 1) } else { jinja });
                taken.push_str("%}");
            }
        }
    }
    if multiplied > MULTIPLICATIONS {
        return Err(Fault::new(format!("may multiply {MULTIPLICATIONS} times at most")));
    }
    if branches > BRANCHES {
        return Err(Fault::new(format!("may branch with elif {BRANCHES} times at most")));
    }
    Ok(taken)
}

fn bounded(inside: &Inside<'_>) -> Result<(), Fault> {
    if inside.tokens.len() > TOKENS {
        return Err(Fault::new(format!(
            "has an expression of over {TOKENS} words and signs; write it shorter"
        )));
    }
    for filter in inside.filters() {
        if !jinja_filters::NAMES.contains(&filter) {
            return Err(Fault::new(format!(
                "knows no filter {filter:?}; there are {}",
                jinja_filters::NAMES.join(", ")
            )));
        }
    }
    if let Some(name) = inside.called() {
        return Err(Fault::new(format!(
            "cannot call {name:?}; use a filter, as | lower, | replace or | split"
        )));
    }
    if inside.names_length() {
        return Err(Fault::new("has no .length; use | length"));
    }
    Ok(())
}

fn environment<'e>(braces: Braces) -> Result<Environment<'e>, Fault> {
    let mut env = Environment::empty();
    let syntax =
        SyntaxConfig::builder().variable_delimiters(braces.open(), "}}").keep_trailing_newline(true).build();
    env.set_syntax(syntax.map_err(|e| told(&e))?);
    env.set_fuel(Some(FUEL));
    env.set_undefined_behavior(match braces {
        Braces::Plain => UndefinedBehavior::Strict,
        Braces::Dollar => UndefinedBehavior::Chainable,
    });
    env.set_formatter(|out, state, value| match jinja_filters::written(value) {
        Some(text) => out.write_str(&text).map_err(minijinja::Error::from),
        None => minijinja::escape_formatter(out, state, value),
    });
    env.add_global("null", ());
    env.add_global("undefined", Jinja::UNDEFINED);
    jinja_filters::add(&mut env, &Budget::new(MOST));
    Ok(env)
}

/// What is said to the one who wrote the template: without what it was given.
fn told(error: &minijinja::Error) -> Fault {
    use minijinja::ErrorKind::{OutOfFuel, UndefinedError, UnknownTest};
    let line =
        error.line().filter(|line| *line > 1).map(|line| format!(" (line {line})")).unwrap_or_default();
    let detail = error.detail().map(ToOwned::to_owned).unwrap_or_default();
    Fault::new(match error.kind() {
        OutOfFuel => format!("takes too long{line}; go through less"),
        UndefinedError => format!("names something that is not there{line}: {detail}"),
        UnknownTest => format!("knows no test of that name{line}: {detail}"),
        kind if detail.is_empty() => format!("cannot be filled in{line}: {kind}"),
        _ => format!("cannot be filled in{line}: {detail}"),
    })
}

fn too_much() -> Fault {
    Fault::new(format!("makes more than {} MB", MOST >> 20))
}

/// Takes so much and no more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST {
            self.0.resize(MOST, b' ');
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn plain(template: &str) -> Result<String, String> {
        let values = json!({
            "name": "slot-planner", "tags": ["a", "b"], "big": "x".repeat(10_000), "list": (0..900).collect::<Vec<_>>(),
            "team": { "name": "Basket" }, "on": false
        });
        render(template, Braces::Plain, &values).map_err(|fault| fault.to_string())
    }

    #[test]
    fn fills_in_files_as_they_are_written() {
        let template = "# {{ name | replace('-', ' ') | title }}\n{% for tag in tags %}- {{ tag }}\n{% endfor %}\
            {%- if on %}on{% else %}off{% endif %}\nrun: ${{ '{{' }} x\n{% raw %}{{ github.sha }}{% endraw %}\n";
        assert_eq!(plain(template).unwrap(), "# Slot Planner\n- a\n- b\noff\nrun: ${{ x\n{{ github.sha }}\n");
        let values = json!({ "values": { "name": "a", "n": 3 } });
        let backstage = "${{ values.name }} ${{ values.missing.deeper }}[${{ 'b' if values.n === 3 else 'c' }}] {{ plain }}\n";
        assert_eq!(render(backstage, Braces::Dollar, &values).unwrap(), "a [b] {{ plain }}\n");
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for (template, said) in [
            ("{% set a = 1 %}", "{% set %} is not supported"),
            ("{% include 'x' %}", "{% include %} is not supported"),
            ("{{ name | frobnicate }}", "knows no filter \"frobnicate\""),
            ("{{ range(9) }}", "cannot call \"range\""),
            ("{{ name.toUpperCase() }}", "cannot call \"toUpperCase\""),
            ("{{ name.length }}", "use | length"),
            ("{{ nmae }}", "names something that is not there"),
            ("{{ name is weird }}", "knows no test"),
            ("{{ name", "{{ is never closed"),
            ("{{ name ~ }}", "cannot be filled in"),
            ("{% for a in tags %}", "cannot be filled in"),
        ] {
            let fault = plain(template).unwrap_err();
            assert!(fault.contains(said), "{template}: {fault}");
        }
    }

    #[test]
    fn what_loops_allocates_or_recurses_ends() {
        let nested = |n: usize| "{% for a in list %}".repeat(n) + "x" + &"{% endfor %}".repeat(n);
        for hostile in [
            nested(2),
            nested(5),
            nested(200),
            "{{ big | replace('x', big) }}".into(),
            "{{ big | list | join(big) }}".into(),
            "{{ name * 999999999 }}".into(),
            "{{ [big * 999, big * 999, big * 999, big * 999, big * 999] | length }}".into(),
            "{% for a in [big ~ big] %}{{ a ~ a }}{% endfor %}".into(),
            "{% for a in list %}{{ big }}{% endfor %}".into(),
            "{% if name %}".to_owned() + &"{% elif name %}".repeat(50_000) + "{% endif %}",
            format!("{{{{ 1{} }}}}", " + 1".repeat(20_000)),
            format!("{{{{ {}1 }}}}", "- ".repeat(50_000)),
            format!("{{{{ {}1 }}}}", "not ".repeat(50_000)),
            format!("{{{{ {}name{} }}}}", "(".repeat(5_000), ")".repeat(5_000)),
            format!("{{{{ {}1{} }}}}", "[".repeat(50_000), "]".repeat(50_000)),
            format!("{{{{ name{} }}}}", " | lower".repeat(50_000)),
            format!("{{{{ 1{} }}}}", " if 1 else 1".repeat(50_000)),
            format!("{{{{ a{} }}}}", "['b']".repeat(50_000)),
            "x".repeat(LONGEST + 1),
        ] {
            assert!(plain(&hostile).is_err(), "{}", &hostile[..hostile.len().min(60)]);
        }
        for (sign, n) in
            [(" + 1", 195), (" ~ name", 195), (" if 1 else 1", 95), (" | abs", 195), (" == 1", 195)]
        {
            let _ = plain(&format!("{{{{ 1{} }}}}", sign.repeat(n)));
        }
        let _ = plain(&("{% if nope %}".to_owned() + &"{% elif on %}".repeat(BRANCHES) + "{% endif %}"));
        let _ = plain(&"{".repeat(LONGEST));
        for sign in ["- ", "not ", "( ", "[ ", "{ "] {
            let _ = plain(&format!("{{{{ {}1 }}}}", sign.repeat(395)));
        }
        assert!(plain("{{ name | indent(999999999) }}").is_ok_and(|text| text.len() < 100));
        assert_eq!(plain(&format!("{{{{ (big{}) | length }}}}", " ~ big".repeat(20))).unwrap(), "210000");
    }

    proptest! {
        #[test]
        fn never_panics(template in r"(\{\{|\$\{\{|\}\}|\{%|%\}|\{#|#\}|raw|endraw|for|in|if|name|\||'|-| |[a-z\\\n]){0,30}") {
            let _ = plain(&template);
            let _ = render(&template, Braces::Dollar, &json!({}));
        }

        /// What is given is text, whatever it looks like.
        #[test]
        fn what_is_given_is_never_a_template(name in r"(\{\{|\}\}|\{%|%\}|[a-z' ]){0,20}") {
            let filled = render("[{{ name }}]", Braces::Plain, &json!({ "name": name }));
            prop_assert_eq!(filled.unwrap(), format!("[{name}]"));
        }
    }
}
