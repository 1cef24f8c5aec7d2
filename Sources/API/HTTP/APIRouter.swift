import Hummingbird

/// Puts the layers and the routes together.
enum APIRouter {
    static func make(_ backend: Backend) -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: AnswerMiddleware())
        router.add(middleware: KeyMiddleware(keys: backend.keys))
        router.add(middleware: MethodMiddleware())
        HealthRoutes(backend: backend).add(to: router)
        OpenAPIDocument.add(to: router)
        SessionRoutes(backend: backend).add(to: router)
        AttachmentRoutes(backend: backend).add(to: router)
        AuditRoutes(backend: backend).add(to: router)
        ConnectionRoutes(backend: backend).add(to: router)
        ValidationRoutes(backend: backend).add(to: router)
        ConversionTestRoutes(backend: backend).add(to: router)
        ExportRoutes(backend: backend).add(to: router)
        RetryRoutes(backend: backend).add(to: router)
        CancelRoutes(backend: backend).add(to: router)
        StatusRoutes(backend: backend).add(to: router)
        ResultRoutes(backend: backend).add(to: router)
        ProgressDoor(backend: backend).add(to: router)
        return router
    }
}
