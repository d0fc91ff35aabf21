//! What mdBook only logs, and goes on: for us, mistakes.

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Runs `build`, and hands back what was logged as a warning or an error on the way.
pub(super) fn heard<T>(build: impl FnOnce() -> T) -> (T, Vec<String>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let subscriber = Registry::default().with(Ear(heard.clone()));
    let result = tracing::subscriber::with_default(subscriber, build);
    let mut warnings = heard.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    (result, std::mem::take(&mut *warnings))
}

struct Ear(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // Level::ERROR is less than Level::WARN: it is less verbose.
        if *event.metadata().level() > Level::WARN {
            return;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        let mut heard = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        heard.push(format!("mdBook: {}", message.0));
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}
