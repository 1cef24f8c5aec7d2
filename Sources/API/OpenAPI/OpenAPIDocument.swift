import HTTPTypes
import Hummingbird
import NIOCore

/// The API's description of itself. A test holds it against ``Endpoint`` and the handlers' answers.
enum OpenAPIDocument {
    /// The bytes of `openapi.json`.
    static let bytes = ByteBuffer(bytes: PackageResources.openapi_json)

    static func add(to router: some RouterMethods<APIContext>) {
        router.on(.openAPI) { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: bytes))
        }
    }
}
