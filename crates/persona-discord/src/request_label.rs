//! Label of a request in errors and logs.

use serenity::http::{LightMethod, Request, Route};

/// Method and path of a request, without the secrets in the path.
pub(crate) fn request_label(request: &Request<'_>) -> String {
    let method = method_name(*request.method_ref());
    let route = *request.route_ref();
    let path = route.path();
    let path = path.split_once("/api/v10").map_or(&*path, |(_, path)| path);
    match secret(route) {
        Some(secret) => format!("{method} {}", path.replace(secret, "…")),
        None => format!("{method} {path}"),
    }
}

/// Token in a path: whoever has the token of an interaction or a webhook can write in its name.
fn secret(route: Route<'_>) -> Option<&str> {
    match route {
        Route::WebhookWithToken { token, .. }
        | Route::WebhookMessage { token, .. }
        | Route::WebhookOriginalInteractionResponse { token, .. }
        | Route::WebhookFollowupMessage { token, .. }
        | Route::WebhookFollowupMessages { token, .. }
        | Route::InteractionResponse { token, .. } => Some(token).filter(|token| !token.is_empty()),
        _ => None,
    }
}

pub(crate) fn method_name(method: LightMethod) -> &'static str {
    match method {
        LightMethod::Delete => "DELETE",
        LightMethod::Get => "GET",
        LightMethod::Patch => "PATCH",
        LightMethod::Post => "POST",
        LightMethod::Put => "PUT",
    }
}

#[cfg(test)]
mod tests {
    use serenity::{
        http::{LightMethod, Request, Route},
        model::id::{ChannelId, InteractionId},
    };

    use super::request_label;

    #[test]
    fn requests_are_named_without_secrets() {
        let channel_id = ChannelId::new(7);
        let request = Request::new(Route::ChannelMessages { channel_id }, LightMethod::Get);
        assert_eq!(request_label(&request), "GET /channels/7/messages");
        let route = Route::InteractionResponse {
            interaction_id: InteractionId::new(5),
            token: "verysecret",
        };
        assert_eq!(
            request_label(&Request::new(route, LightMethod::Post)),
            "POST /interactions/5/…/callback"
        );
    }
}
