// The ways of logging in, by name. Each one's room is in ways/.

/** `oneclick`: an Official Account inside WeChat's own browser. `qr`: a Website App in any other. */
export type Via = 'oneclick' | 'qr'
