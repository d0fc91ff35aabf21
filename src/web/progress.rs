//! How far the reader is, as the checks remember it: for the sidebar of a page.

use hyper::StatusCode;

use super::Workshop;
use super::answer::{Answer, Refusal, empty, json};
use crate::check::{forget, kept};

/// What is remembered of the server that the workshop was told.
pub(super) fn tell(workshop: &Workshop) -> Result<Answer, Refusal> {
    json(&kept(&workshop.subject)).map_err(trouble)
}

/// Forgets it.
pub(super) fn clear(workshop: &Workshop) -> Result<Answer, Refusal> {
    forget(&workshop.subject).map_err(trouble)?;
    Ok(empty(StatusCode::NO_CONTENT))
}

fn trouble(error: anyhow::Error) -> Refusal {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}"))
}
