//! All about an offering: what it is, who stands behind it, what has to hold, how it went, who uses which version.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use portolan_domain::{
    Limit, Page,
    provisioning::{
        self, Approval, Definition, Field, Figures, Guardrail, Offering, Piece, Resource, ResourceFilter,
        VersionLine,
    },
};

use super::{Behind, Called, said};
use crate::{
    address::{self, Steps},
    caller::Viewer,
    error::PageError,
    markdown,
    page::{self, Nav, Shell},
    words,
};

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "provisioning/about.html")]
struct AboutPage {
    shell: Shell,
    offering: Offering,
    fields: Vec<Field>,
    figures: Figures,
    versions: Vec<VersionLine>,
    users: Page<Resource>,
    behind: Behind,
    may_edit: bool,
    asked: Asked,
}

impl AboutPage {
    fn d(&self) -> &Definition {
        &self.offering.definition
    }

    fn html(&self) -> String {
        markdown::html(&self.offering.description)
    }

    /// Who does what: the role, and the team.
    fn roles(&self) -> Vec<(&'static str, &Called)> {
        let all = [
            ("Operates what it makes", &self.behind.operates),
            ("Upgrades it", &self.behind.upgrades),
            ("Answers questions", &self.behind.answers),
        ];
        all.into_iter().skip(usize::from(self.d().owner_operates())).collect()
    }

    fn docs(&self) -> Option<&str> {
        self.d().docs.as_deref().filter(|a| a.starts_with("https://") || a.starts_with("http://"))
    }

    fn otherwise(&self, guardrail: &Guardrail) -> (&'static str, &'static str) {
        match guardrail.otherwise.as_str() {
            "warn" => ("warn", "Warns"),
            "approve" => ("warn", "Asks"),
            _ => ("danger", "Stops"),
        }
    }

    /// A text of it, with what a request fills in named.
    fn outline(&self, text: &str) -> Vec<Piece> {
        let end = if text.trim_end().ends_with(['.', '?', '!']) { "" } else { "." };
        let mut pieces = Definition::outline(&format!("{}{end}", text.trim_end()), &self.fields);
        if let Some(Piece::Said(first) | Piece::Named(first)) = pieces.first_mut() {
            *first = words::sentence(first);
        }
        pieces
    }

    /// Whose word counts, in a sentence: who, how many of them, how soon.
    fn who(&self, approval: &Approval) -> String {
        let all: Vec<_> = approval.by.iter().map(|rule| said::rule(rule, &self.offering.team.name)).collect();
        let who = all.join(if approval.need.as_str() == "all" { " and " } else { " or " });
        let within = said::lasts(i64::from(approval.within_hours) * 3_600);
        format!("{}, within {within}", words::sentence(&who))
    }

    /// What a month costs as the offering proposes it; none if that depends on what is asked for.
    fn cost(&self) -> Option<String> {
        let cost = self.d().cost.as_ref()?;
        let amount = self.d().proposed_cost()?;
        let fixed = cost.monthly.trim().parse::<f64>().is_ok();
        let said = said::monthly(amount, Some(&cost.currency));
        Some(if fixed { said } else { format!("{said} as proposed, by what is chosen") })
    }

    /// What its form calls a parameter.
    fn called(&self, name: &str) -> String {
        let field = self.fields.iter().find(|field| field.name == name);
        field.map_or_else(|| words::sentence(name), |field| field.title.clone())
    }

    /// Where it may be asked for something to be waived.
    fn waiver(&self, guardrail: &Guardrail) -> String {
        let (offering, name) = (&self.offering.name, &guardrail.name);
        format!("/provision/waivers?offering={offering}&guardrail={name}#new")
    }

    /// How it went: label and words.
    fn numbers(&self) -> Vec<(&'static str, String)> {
        let f = &self.figures;
        let used = format!("{} by {}", words::count(f.in_use), words::counted(f.teams, "team", "teams"));
        let mut all = vec![("In use", if f.in_use == 0 { "none yet".to_owned() } else { used })];
        if let Some(usual) = f.usual_seconds {
            let slow = f.slow_seconds.unwrap_or(usual);
            all.push(("Usual wait", format!("{}, 9 in 10 within {}", said::lasts(usual), said::lasts(slow))));
        }
        if let Some(percent) = f.unattended_percent() {
            all.push(("Without a human", format!("{percent}% of the {} made", words::count(f.succeeded))));
        }
        let failed = f.failed_by_input + f.failed_by_platform + f.failed_by_outside;
        if failed > 0 {
            let (input, own, outside) = (f.failed_by_input, f.failed_by_platform, f.failed_by_outside);
            all.push((
                "Failed",
                format!(
                    "{failed}: {input} by what was given, {own} by the offering, {outside} by outside systems"
                ),
            ));
        }
        if let Some(mean) = f.satisfaction {
            let response = f.response_percent().unwrap_or_default();
            all.push(("How it was", format!("{mean:.1} of 5, from the {response}% who answered")));
        }
        all
    }

    fn steps(&self) -> Steps {
        let around = (self.users.previous.as_ref(), self.users.next.as_ref());
        let name = &self.offering.name;
        Steps::new(around, !self.asked.after.is_empty(), |after| match after {
            Some(after) => format!("/provision/{name}/about?after={after}#users"),
            None => format!("/provision/{name}/about#users"),
        })
    }
}

/// What a step is called.
pub(super) fn title(step: &provisioning::Step) -> String {
    step.title.clone().unwrap_or_else(|| words::sentence(&step.id.replace(['-', '_'], " ")))
}

pub(super) async fn show(
    mut viewer: Viewer,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let after = address::cursor(&asked.after);
    let cx = &mut viewer.cx();
    let offering = provisioning::offering(cx, &name).await?;
    let figures = provisioning::figures(cx, offering.id).await?;
    let versions = provisioning::versions(cx, offering.id).await?;
    let filter = ResourceFilter { offering: Some(offering.id), ..ResourceFilter::default() };
    let users = provisioning::resources(cx, &filter, after, Limit::new(30)?).await?;
    let may_edit = provisioning::may_edit_offering(cx, &offering).await?;
    let behind = Behind::of(&mut viewer, &offering).await?;
    let shell = viewer.shell(Nav::Provision);
    let fields = offering.fields();
    page::html(&AboutPage { shell, offering, fields, figures, versions, users, behind, may_edit, asked })
}
