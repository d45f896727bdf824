//! The report in GitHub-flavoured Markdown, for tickets and pull requests.
//!
//! Everything foreign is escaped, or stands in code that it cannot end: see [`escape`]. The commands stand in the appendix, one
//! piece of evidence a section, where citations link to.
//!
//! | file | what it writes |
//! |---|---|
//! | `escape.rs` | foreign text, as text, in code spans and in fences |
//! | `plan.rs` | the plan |
//! | `answer.rs` | questions and their answers, earlier versions of the root cause |
//! | `appendix.rs` | findings, evidence, what happened on the way, what was spent |

use marple_case::EvidenceId;

use crate::{
    phrases,
    report::{Cited, Conclusion, Gap, Report, Status},
};
use escape::{code, text};

mod answer;
mod appendix;
pub mod escape;
mod plan;

/// Renders the report.
pub fn render(report: &Report) -> String {
    let mut out = Lines::default();
    head(&mut out, report);
    if let Some(conclusion) = &report.conclusion {
        claim(&mut out, conclusion, report);
        chain(&mut out, conclusion, report);
        ruled_out(&mut out, conclusion, report);
    }
    let assumed: Vec<String> = report.assumptions().map(str::to_owned).collect();
    out.list(report.words().assumptions, &assumed);
    gaps(&mut out, report);
    let remarks: Vec<String> = report.remarks().map(str::to_owned).collect();
    out.list(report.words().remarks, &remarks);
    let attempts: Vec<String> = report.attempts().into_iter().map(|finding| finding.text).collect();
    out.list(report.words().attempts, &attempts);
    plan::write(&mut out, report);
    appendix::write(&mut out, report);
    out.0
}

/// The Markdown that is being written. What is pushed here is Markdown: foreign text has been escaped before.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, markdown: &str) {
        self.0.push_str(markdown);
        self.0.push('\n');
    }

    /// One blank line, if something stands before it and it has none yet.
    fn blank(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    /// A paragraph that stands out.
    fn quote(&mut self, markdown: &str) {
        self.blank();
        self.line(&format!("> {markdown}"));
    }

    /// A word of ours above a list.
    fn label(&mut self, label: &str) {
        self.blank();
        self.line(&format!("**{label}**"));
        self.blank();
    }

    /// A heading with blank lines around it.
    fn heading(&mut self, level: usize, markdown: &str) {
        self.blank();
        self.line(&format!("{} {markdown}", "#".repeat(level)));
        self.blank();
    }

    /// Foreign text in paragraphs.
    fn paragraphs(&mut self, foreign: &str) {
        for paragraph in foreign.lines().filter(|line| !line.trim().is_empty()) {
            self.line(&text(paragraph));
            self.blank();
        }
    }

    /// A heading and a list of foreign texts, if there are any.
    fn list(&mut self, heading: &str, foreign: &[String]) {
        if foreign.is_empty() {
            return;
        }
        self.heading(2, heading);
        foreign.iter().for_each(|item| self.line(&format!("- {}", text(item))));
    }

    /// A label of ours and Markdown after it, as an item of a list.
    fn field(&mut self, label: &str, markdown: &str) {
        self.line(&format!("- **{label}**: {markdown}"));
    }
}

fn head(out: &mut Lines, report: &Report) {
    let words = report.words();
    let title = report.conclusion.as_ref().map(|conclusion| conclusion.root_cause.title.clone());
    let asked = || report.trigger.as_ref().map(|trigger| phrases::asked(trigger, words));
    out.heading(1, &text(&title.or_else(asked).unwrap_or_else(|| report.id.to_string())));
    let confidence =
        report.confidence().map_or_else(String::new, |level| format!(", {} {}", words.confidence, words.level(level)));
    if report.is_chat() {
        return;
    }
    out.line(&format!("**{}{confidence}**", words.verdict(report.verdict())));
    out.blank();
    for reason in report.because() {
        out.line(&format!("- {}", text(&words.reason(reason))));
    }
    match &report.status {
        Status::Complete => {}
        Status::Partial { reason } => out.quote(&format!("**{}**: {}", words.partial, text(reason))),
        Status::Interrupted => out.quote(&format!("**{}**", words.interrupted)),
        Status::Unfinished => out.quote(&format!("**{}**", words.unfinished)),
    }
    if let Some(remark) = phrases::without_language_model(report) {
        out.quote(remark);
    }
}

fn claim(out: &mut Lines, conclusion: &Conclusion, report: &Report) {
    let (words, claim) = (report.words(), &conclusion.root_cause);
    out.heading(2, words.summary);
    out.paragraphs(&claim.summary);
    out.field(words.onset, &claim.onset.map_or_else(|| words.not_known.to_owned(), |onset| code(&onset.to_string())));
    if let Some(trigger) = &claim.trigger {
        out.field(words.trigger, &text(trigger));
    }
    if !claim.components.is_empty() {
        let names: Vec<String> = claim.components.iter().map(|component| code(&component.name)).collect();
        out.field(words.components, &names.join(", "));
    }
    if let Some(location) = &claim.location {
        let place = format!("{} ({})", code(&phrases::location(location)), words.seen_in(location.seen_in));
        out.field(words.location, &place);
    }
    out.field(words.category, &code(claim.category.name()));
}

fn chain(out: &mut Lines, conclusion: &Conclusion, report: &Report) {
    if conclusion.root_cause.chain.is_empty() {
        return;
    }
    let words = report.words();
    out.heading(2, words.chain);
    for (place, (link, cited, inference)) in conclusion.chain().enumerate() {
        let number = format!("{}. ", place + 1);
        let mark = if inference { format!("**{}** ", words.inference) } else { String::new() };
        let at = link.at.map_or_else(String::new, |at| format!("{} ", code(&at.to_string())));
        out.line(&format!("{number}{mark}{at}{}", text(&link.statement)));
        citations(out, &" ".repeat(number.len()), &cited, report);
    }
}

fn citations(out: &mut Lines, indent: &str, cited: &[Cited<'_>], report: &Report) {
    let words = report.words();
    for cited in cited {
        let id = match report.evidence(cited.evidence) {
            Some(_) => linked(cited.evidence),
            None => format!("{} ({})", cited.evidence, words.not_in_evidence),
        };
        let refused = match (cited.line, cited.refused) {
            (Some(_), _) => String::new(),
            (None, None) => format!(" **{}**", words.quote_refused),
            (None, Some(reason)) => format!(" **{}**: {}", words.quote_refused, text(reason)),
        };
        out.line(&format!("{indent}- {id}: {}{refused}", code(cited.quote)));
    }
}

/// A link to the evidence's section in the appendix.
fn linked(id: EvidenceId) -> String {
    format!("[{id}](#{})", id.to_string().to_lowercase())
}

fn ruled_out(out: &mut Lines, conclusion: &Conclusion, report: &Report) {
    if conclusion.root_cause.ruled_out.is_empty() {
        return;
    }
    let words = report.words();
    out.heading(2, words.ruled_out);
    for (rival, cited, inference) in conclusion.ruled_out() {
        let mark = if inference { format!("**{}** ", words.inference) } else { String::new() };
        out.line(&format!("- **{}**: {mark}{}", text(&rival.hypothesis), text(&rival.reason)));
        citations(out, "  ", &cited, report);
    }
}

fn gaps(out: &mut Lines, report: &Report) {
    if report.gaps.is_empty() {
        return;
    }
    let words = report.words();
    out.heading(2, words.gaps);
    for Gap { missing, why, how_to_close, on_the_chain, evidence } in &report.gaps {
        let mark = if *on_the_chain { format!(" **{}**", words.on_the_chain) } else { String::new() };
        out.line(&format!("- **{}**{mark}", text(missing)));
        out.line(&format!("  - {}: {}", words.why, text(why)));
        let ids: Vec<String> = evidence.iter().map(|id| linked(*id)).collect();
        let seen = if ids.is_empty() { String::new() } else { format!(" ({})", ids.join(", ")) };
        out.line(&format!("  - {}: {}{seen}", words.to_close, text(how_to_close)));
    }
}

#[cfg(test)]
mod tests;
