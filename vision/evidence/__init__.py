"""Evidence: what proves a sighting, in a folder that anybody can verify who has the public key of the city.

A bundle is a folder with the camera's own frames, annotated copies, a clip, and `manifest.json`, which names every file by its
SHA-256, says what was looked for, where and by which model, and holds the digest of the camera's bundle before: a chain.
`manifest.sig` is the Ed25519 signature (RFC 8032) over the bytes of the manifest. What is added later, a person's decision or a
time stamp, is a file of its own with a signature of its own; what was signed is never written again.
"""
