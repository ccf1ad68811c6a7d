//! The fetch event.

use authkit_edge::edge::Edge;
use worker::{Context, Env, Request, Response, Result, event};

use crate::judge::judge;
use crate::question::Question;

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _context: Context) -> Result<Response> {
    let questions: Vec<Question> = request.json().await?;
    let edge = Edge::new(&env);
    let mut verdicts = Vec::with_capacity(questions.len());
    for question in &questions {
        verdicts.push(judge(question, &edge).await);
    }
    Response::from_json(&verdicts)
}
