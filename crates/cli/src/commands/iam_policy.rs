//! `marple iam-policy`: the policy that an investigation needs, for whoever administers the account.

use crate::{
    arguments::{IamPolicy, ModelArguments, PLAYBOOK, PolicyFormat},
    environment::Environment,
    exit::Exit,
    failure::Failure,
    output,
    policy::{self, Place, cloudformation, terraform},
};

/// Prints the policy. Nothing is asked of AWS: it is what the table of operations, the file and the arguments say.
pub(crate) fn run(mut arguments: IamPolicy) -> Result<Exit, Failure> {
    let environment = Environment::of(None, &arguments.account)?;
    environment.fill_account(&mut arguments.account);
    environment.fill_model(&mut arguments.model);
    let place = Place::new(arguments.account.region.as_deref(), arguments.account.account.as_deref());
    let models = arguments.model.chain();
    let guardrails = guardrails(&arguments.model);
    let text = match arguments.format {
        PolicyFormat::Json => {
            let document = policy::document(&place, &models, &guardrails);
            serde_json::to_string_pretty(&document)
                .map_err(|error| Failure::bug(format!("the policy cannot be written as JSON: {error}")))?
        }
        PolicyFormat::Cloudformation => {
            cloudformation::render(&policy::document(&cloudformation::place(place), &models, &guardrails))
        }
        PolicyFormat::Terraform => terraform::render(&policy::document(&place, &models, &guardrails)),
    };
    output::print(&text);
    Ok(Exit::Done)
}

/// The guardrails that the models are asked with.
pub(crate) fn guardrails(model: &ModelArguments) -> Vec<&str> {
    let used = model.chain().into_iter().filter(|id| *id != PLAYBOOK);
    let mut guardrails: Vec<&str> =
        used.filter_map(|id| Some(model.bedrock.options(id).guardrail.as_ref()?.id.as_str())).collect();
    guardrails.sort_unstable();
    guardrails.dedup();
    guardrails
}
