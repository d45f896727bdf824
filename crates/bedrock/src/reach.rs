//! Whether a model answers at all, by the cheapest request there is: one word, of which one token is asked back.

use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, InferenceConfiguration, Message};
use marple_agent::ports::ModelError;

use crate::{Bedrock, fault::Fault};

impl Bedrock {
    /// Asks the model for one token. Costs a few tokens; neither tools nor options are sent. Retries nothing.
    pub async fn reach(&self) -> Result<(), ModelError> {
        let word = Message::builder().role(ConversationRole::User).content(ContentBlock::Text("Hi".to_owned())).build();
        let word = word.map_err(|error| Fault::request(error).into_error())?;
        let asked = self.client.converse_stream().model_id(&self.settings.id).messages(word);
        let asked = asked.inference_config(InferenceConfiguration::builder().max_tokens(1).build());
        let sent = tokio::time::timeout(self.patience.first_event, asked.send()).await;
        let mut events = match sent {
            Ok(sent) => sent.map_err(|error| Fault::before_stream(&error).into_error())?.stream,
            Err(_) => return Err(Fault::silent(self.patience.first_event).into_error()),
        };
        // Some models fail in the stream only; and who hangs up at once leaves the service a cut stream in its logs.
        let rest = async {
            while events.recv().await.map_err(|error| Fault::in_stream(&error).into_error())?.is_some() {}
            Ok(())
        };
        match tokio::time::timeout(self.patience.between_events, rest).await {
            Ok(ended) => ended,
            Err(_) => Err(Fault::silent(self.patience.between_events).into_error()),
        }
    }
}
