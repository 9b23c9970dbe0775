//! What a recipe declares, in words: read from its front matter, without evaluating anything.

use serde::Serialize;

use super::param::ParamDecl;
use super::template::{about, applying, known_values};
use super::text::Recipe;
use crate::plan::control::{controls, is_interpreter};
use crate::plan::needs::Needs;

/// The declarations of a recipe.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The title.
    pub title: String,
    /// The prose, as Markdown.
    pub prose: String,
    /// The parameters.
    pub parameters: Vec<ParamSummary>,
    /// What the recipe may do, a sentence each; `None` if it declares no needs.
    pub needs: Option<Vec<String>>,
}

/// A parameter in words.
#[derive(Debug, Serialize)]
pub struct ParamSummary {
    /// The name.
    pub name: String,
    /// The prompt.
    pub ask: String,
    /// The type, whether a value is required, and the condition under which the parameter applies.
    pub about: String,
    /// The default, in the notation of an answers file.
    pub default: Option<String>,
}

/// Returns the declarations of a recipe, without the parameters that these values rule out.
pub fn summary(recipe: &Recipe, set: &[(String, String)]) -> Summary {
    let front = &recipe.front;
    let known = known_values(recipe, set);
    let param = |param: &ParamDecl| ParamSummary {
        name: param.name.clone(),
        ask: param.ask.clone(),
        about: about(param, &known),
        default: param.default.as_ref().map(ToString::to_string),
    };
    Summary {
        title: front.title.clone(),
        prose: front.prose.clone(),
        parameters: applying(recipe, &known).into_iter().map(param).collect(),
        needs: front.needs.as_ref().map(in_words),
    }
}

/// What follows from an entry that gives full control.
const ANYTHING: &str = ", and so can do anything there";

/// Returns a sentence for each entry of the needs.
fn in_words(needs: &Needs) -> Vec<String> {
    let all = |texts: &[String], begin: &str| -> Vec<String> {
        texts.iter().map(|text| format!("{begin} {}", object(text))).collect()
    };
    let opens = |text: &String| match text.as_str() {
        "*" => "opens any container, and starts any volume group, array and swap area".to_owned(),
        text => format!("opens or starts {}", object(text)),
    };
    let devices = |text: &String| match text.as_str() {
        "*" => "reads or mounts any device".to_owned(),
        text => format!("reads or mounts {}", object(text)),
    };
    let runs = |text: &String| match text.as_str() {
        "*" => format!("runs any program in the system{ANYTHING}"),
        text if is_interpreter(text) => format!("runs {text} in the system{ANYTHING}"),
        text => format!("runs {} in the system", object(text)),
    };
    let writes = |text: &String| {
        let (_, inside) = text.split_once('/').unwrap_or((text, ""));
        let what = match inside {
            "" if needs.runs.is_empty() => None,
            "" => Some("the programs that it runs"),
            inside => controls(inside, true),
        };
        let note = what.map_or_else(String::new, |what| format!(" ({what}){ANYTHING}"));
        format!("writes and mounts below {}{note}", object(text))
    };
    let mut words = all(&needs.destroys, "destroys all data on");
    words.extend(all(&needs.alters, "changes, without destroying data,"));
    words.extend(needs.opens.iter().map(opens));
    words.extend(needs.devices.iter().map(devices));
    words.extend(all(&needs.reads, "reads below"));
    words.extend(needs.writes.iter().map(writes));
    words.extend(needs.runs.iter().map(runs));
    words.extend(all(&needs.mounts, "mounts below"));
    words.extend(all(&needs.interfaces, "changes network link or namespace"));
    words.extend(all(&needs.cgroups, "changes control group"));
    words.extend(all(&needs.guests, "changes, starts or stops guest"));
    words.extend(all(&needs.repositories, "adds or changes repository"));
    words.extend(needs.network.iter().map(|text| match text.as_str() {
        "*" => "uses the network".to_owned(),
        text => format!("connects to {}", object(text)),
    }));
    words.extend(
        needs
            .secrets
            .iter()
            .map(|text| format!("asks for the secret {}", text.strip_prefix('$').unwrap_or(text))),
    );
    words
}

/// Returns what an entry stands for: itself, or the value of a parameter.
fn object(text: &str) -> String {
    let Some(rest) = text.strip_prefix('$') else { return text.to_owned() };
    let (name, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match below {
        "" => format!("the value of {name}"),
        below => format!("{below} in the value of {name}"),
    }
}
