//! From a stream of token ids to pieces of text that never end inside a character.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
};

use persona_model::{Tokenizer, tokenizer::Decoder};

use crate::{
    error::Error,
    reply::{Piece, Reply},
    tokens::{TokenEvent, TokenReply, TokenStream},
};

/// A token stream as text: pieces of whole characters, made as the tokens arrive.
#[derive(Debug)]
pub(crate) struct DecodedStream {
    tokens: TokenStream,
    decoder: Decoder<Arc<Tokenizer>>,
    /// Tokens of a character that is incomplete so far.
    pending: Vec<u32>,
    /// Text of all pieces so far.
    text: String,
    /// The finished reply, held back until a last piece of text has been returned.
    last: Option<Reply>,
}

impl DecodedStream {
    pub(crate) fn new(tokens: TokenStream, tokenizer: Arc<Tokenizer>) -> Self {
        Self {
            tokens,
            decoder: Decoder::new(tokenizer),
            pending: Vec::new(),
            text: String::new(),
            last: None,
        }
    }

    /// Polls for the next piece; `None` after the last one.
    pub(crate) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Piece, Error>>> {
        loop {
            if let Some(reply) = self.last.take() {
                return Poll::Ready(Some(Ok(Piece::Done(reply))));
            }
            let Some(event) = ready!(self.tokens.poll_next(context)) else {
                return Poll::Ready(None);
            };
            if let Some(piece) = self.piece_of(event) {
                return Poll::Ready(Some(piece));
            }
        }
    }

    /// Waits for the next piece; `None` after the last one.
    pub(crate) fn blocking_next(&mut self) -> Option<Result<Piece, Error>> {
        loop {
            if let Some(reply) = self.last.take() {
                return Some(Ok(Piece::Done(reply)));
            }
            let event = self.tokens.blocking_next()?;
            if let Some(piece) = self.piece_of(event) {
                return Some(piece);
            }
        }
    }

    /// The piece that an event completes; `None` while a character is incomplete.
    fn piece_of(&mut self, event: Result<TokenEvent, Error>) -> Option<Result<Piece, Error>> {
        match event {
            Ok(TokenEvent::Token(id)) => {
                self.pending.push(id);
                let text = self.decoder.push(id)?;
                Some(Ok(self.text_piece(text)))
            }
            Ok(TokenEvent::Done(reply)) => {
                // The rest of a character that was never completed becomes a piece of its own.
                let rest = self.decoder.finish();
                let rest = rest.map(|text| self.text_piece(text));
                let done = self.done(reply);
                match rest {
                    Some(piece) => {
                        self.last = Some(done);
                        Some(Ok(piece))
                    }
                    None => Some(Ok(Piece::Done(done))),
                }
            }
            Err(error) => Some(Err(error)),
        }
    }

    fn text_piece(&mut self, text: String) -> Piece {
        self.text.push_str(&text);
        Piece::Text {
            ids: std::mem::take(&mut self.pending),
            text,
        }
    }

    fn done(&mut self, reply: TokenReply) -> Reply {
        Reply {
            tokens: reply.ids.len(),
            ids: reply.ids,
            text: std::mem::take(&mut self.text),
            finish: reply.finish,
            prompt_tokens: reply.prompt_tokens,
            reused_tokens: reply.reused_tokens,
            timings: reply.timings,
        }
    }
}
